import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";

/** Files SQLite keeps beside a database; a stale one would be taken for the new file's. */
const COMPANIONS = ["-journal", "-wal", "-shm"];

/**
 * A file that appears under its name only when it is complete: it is built in
 * a temporary folder beside it, together with what else the build needs.
 */
export class OutputFile {
  readonly path: string;
  readonly #folder: string;
  readonly #overwrite: boolean;

  private constructor(path: string, folder: string, overwrite: boolean) {
    this.path = path;
    this.#folder = folder;
    this.#overwrite = overwrite;
  }

  /** @throws OctoloadError OUTPUT_EXISTS, OUTPUT_FAILED */
  static begin(path: string, overwrite: boolean): OutputFile {
    const target = resolve(path);
    if (!overwrite) requireAbsent(target);
    if (existsSync(target) && !statSync(target).isFile()) {
      throw new OctoloadError("OUTPUT_FAILED", `${target} is no regular file`);
    }
    const folder = dirname(target);
    if (!existsSync(folder)) {
      throw new OctoloadError("OUTPUT_FAILED", `the folder ${folder} does not exist`);
    }
    return new OutputFile(target, mkdtempSync(`${target}.tmp-`), overwrite);
  }

  get folder(): string {
    return this.#folder;
  }

  /** Where the file is built. */
  get draft(): string {
    return join(this.#folder, "draft.gpkg");
  }

  /** Syncs the draft and gives it its name; returns its size in bytes. */
  publish(): number {
    sync(this.draft);
    const bytes = statSync(this.draft).size;
    if (this.#overwrite) {
      for (const suffix of COMPANIONS) rmSync(this.path + suffix, { force: true });
      renameSync(this.draft, this.path);
    } else {
      this.#renameToNew();
    }
    sync(dirname(this.path));
    return bytes;
  }

  /** Removes the temporary folder and what is in it. */
  end(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A link fails where a file appeared meanwhile, a rename would replace it. */
  #renameToNew(): void {
    requireAbsent(this.path);
    try {
      linkSync(this.draft, this.path);
    } catch (error) {
      if (errnoOf(error) === "EEXIST") throw exists(this.path);
      renameSync(this.draft, this.path);
    }
  }
}

/** What the operating system or SQLite refused, as OUTPUT_FAILED; other errors as they are. */
export function asOutputError(error: unknown, path: string): unknown {
  if (error instanceof OctoloadError || errnoOf(error) === undefined) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new OctoloadError("OUTPUT_FAILED", `${path} cannot be written: ${reason}`, {
    cause: error,
  });
}

function requireAbsent(path: string): void {
  const found = ["", ...COMPANIONS].find((suffix) => existsSync(path + suffix));
  if (found !== undefined) throw exists(path + found);
}

function exists(path: string): OctoloadError {
  return new OctoloadError("OUTPUT_EXISTS", `${path} exists`);
}

/** `ENOSPC`, `SQLITE_FULL` … where the error carries one. */
function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const { code } = error;
  return typeof code === "string" && /^(E[A-Z0-9]+|SQLITE_\w+)$/.test(code) ? code : undefined;
}

function sync(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
