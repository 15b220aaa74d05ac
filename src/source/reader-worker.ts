import { createHash } from "node:crypto";
import { existsSync, realpathSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import { serveWorker, transferring } from "../worker/serve-worker.js";
import { FileReader, type FileSettings, type ReadLimits } from "./file-reader.js";
import { hashFile, makeSnapshotFolder } from "./snapshot.js";
import type { SourceFile } from "./source-options.js";

/** A file that was opened, as its table presents it. */
export type OpenedFile = Omit<SourceFile, "columnSet">;

/** How the rows are got at: in place, through new copies, or through copies made before. */
export type Access =
  | { readonly kind: "in-place" }
  | { readonly kind: "snapshot"; readonly folder: string }
  | { readonly kind: "copies"; readonly paths: readonly string[] };

interface OpenReader {
  readonly path: string;
  readonly snapshotPath: string | null;
  readonly reader: FileReader;
}

let files: readonly OpenReader[] = [];

async function open(
  paths: readonly string[],
  settings: FileSettings,
  access: Access,
): Promise<readonly OpenedFile[]> {
  files = await openAll(paths, settings, access);
  return files.map(describe);
}

async function openAll(
  paths: readonly string[],
  settings: FileSettings,
  access: Access,
): Promise<readonly OpenReader[]> {
  switch (access.kind) {
    case "in-place": {
      const readers = openReaders(paths, settings);
      return readers.map((reader, i) => ({ path: paths[i] ?? "", snapshotPath: null, reader }));
    }
    case "copies":
      return openCopies(paths, access.paths, settings);
    case "snapshot":
      return openSnapshots(paths, settings, access.folder);
  }
}

/** Leaves nothing behind when it fails. */
async function openSnapshots(
  paths: readonly string[],
  settings: FileSettings,
  parent: string,
): Promise<readonly OpenReader[]> {
  const originals = openReaders(paths, settings);
  let folder: string | undefined;
  try {
    folder = makeSnapshotFolder(
      parent,
      originals.reduce((sum, reader) => sum + reader.copyBytes(), 0),
    );
    return openCopies(paths, await copyAll(paths, originals, folder), settings);
  } catch (error) {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    for (const reader of originals) reader.close();
  }
}

async function copyAll(
  paths: readonly string[],
  readers: readonly FileReader[],
  folder: string,
): Promise<readonly string[]> {
  const copies: string[] = [];
  for (const [i, reader] of readers.entries()) {
    const path = paths[i] ?? "";
    const copy = join(folder, `${i}-${basename(path).trim()}`);
    await reader.copyTo(copy);
    copies.push(copy);
  }
  return copies;
}

function openCopies(
  paths: readonly string[],
  copies: readonly string[],
  settings: FileSettings,
): readonly OpenReader[] {
  return openReaders(copies, settings).map((reader, i) => ({
    path: paths[i] ?? "",
    snapshotPath: copies[i] ?? null,
    reader,
  }));
}

function openReaders(paths: readonly string[], settings: FileSettings): readonly FileReader[] {
  const readers: FileReader[] = [];
  try {
    for (const path of paths) readers.push(new FileReader(realPathOf(path), settings));
    return readers;
  } catch (error) {
    for (const reader of readers) reader.close();
    throw error;
  }
}

/** A copy made earlier may be gone; a file of the source was just found. */
function realPathOf(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  throw new OctoloadError("SOURCE_MISSING", `there is no file ${JSON.stringify(path)}`);
}

function describe({ path, snapshotPath, reader }: OpenReader): OpenedFile {
  const { name, columns, match } = reader.table;
  return {
    path,
    snapshotPath,
    table: name,
    columns,
    columnNames: match.names,
    geometry: match.geometry,
    absent: match.absent,
    extras: match.extras,
    rowidRange: reader.rowidRange,
  };
}

function fileAt(number: number): OpenReader {
  const file = files[number];
  if (file === undefined) throw new RangeError(`the source has no file number ${number}`);
  return file;
}

function read(
  file: number,
  after: bigint | null,
  last: bigint | null,
  limits: ReadLimits,
): ArrayBuffer | null {
  const block = fileAt(file).reader.read(after, last, limits);
  return block === null ? null : transferring(block, [block]);
}

/** SHA-256 over the files' fingerprints: of a copy its bytes, in place the facts that tell changes. */
function fingerprint(): string {
  const hash = createHash("sha256");
  for (const { snapshotPath, reader } of files) {
    hash.update(snapshotPath === null ? JSON.stringify(reader.facts()) : hashFile(snapshotPath));
    hash.update("\n");
  }
  return hash.digest("hex");
}

function close(): void {
  for (const { reader } of files) reader.close();
  files = [];
}

const api = {
  open,
  read,
  fingerprint,
  rows: (file: number, rowids: readonly bigint[]) => fileAt(file).reader.rows(rowids),
  countRows: (file: number) => fileAt(file).reader.countRows(),
  rowidsAt: (file: number, ranks: readonly number[]) => fileAt(file).reader.rowidsAt(ranks),
  check: () => {
    for (const { reader } of files) reader.check();
  },
  close,
};

export type ReaderApi = typeof api;

serveWorker(api);
