import {
  copyFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
} from "node:fs";
import { dirname } from "node:path";
import type { Database } from "better-sqlite3";
import { describe, expect, it } from "vitest";
import type { Source } from "../../src/source/source.js";
import { WalScanner } from "../../src/source/wal-scanner.js";
import { rejectionOf } from "../support/rejection-of.js";
import { Fixtures } from "./source-fixtures.js";

const fixtures = new Fixtures();

interface Case {
  readonly path: string;
  readonly writer: Database;
  readonly source: Source;
}

async function open(mode: "delete" | "wal"): Promise<Case> {
  const path = fixtures.nodes(2000);
  const writer = fixtures.connection(path);
  writer.pragma(`journal_mode=${mode}`);
  if (mode === "wal") writer.exec("UPDATE nodes SET X = 5 WHERE Id = 1");
  const source = await fixtures.source({ paths: [path] });
  await source.check();
  return { path, writer, source };
}

async function faultOf({ source }: Case): Promise<string> {
  const error = await rejectionOf(source.check());
  expect(error.code).toBe("SOURCE_CHANGED");
  return error.fault;
}

describe("Source.check", () => {
  it("is content while the file is only read", async () => {
    for (const mode of ["delete", "wal"] as const) {
      const { path, source, writer } = await open(mode);
      writer.prepare("SELECT count(*) FROM nodes").get();
      await source.count();
      await source.read(0, null, { maxRows: 10, maxBytes: 1000 });
      await (await fixtures.source({ paths: [path] })).fingerprint();
      await source.check();
    }
  });

  it("notices a commit, even where size and time of modification are as before", async () => {
    const opened = await open("delete");
    const { atime, mtime, size } = statSync(opened.path);
    opened.writer.exec("UPDATE nodes SET X = 6 WHERE Id = 1");
    utimesSync(opened.path, atime, mtime);
    expect(statSync(opened.path).size).toBe(size);
    expect(await faultOf(opened)).toContain("its change counter moved");
  });

  it("notices a commit that went into the write-ahead log", async () => {
    const opened = await open("wal");
    opened.writer.exec("UPDATE nodes SET X = 6 WHERE Id = 1");
    expect(await faultOf(opened)).toContain("its write-ahead log moved");
  });

  it("notices a checkpoint that moved the log into the file", async () => {
    const opened = await open("wal");
    opened.writer.pragma("wal_checkpoint(TRUNCATE)");
    await faultOf(opened);
  });

  it("takes no notice of what was rolled back", async () => {
    const opened = await open("wal");
    opened.writer.pragma("cache_size=1");
    const before = statSync(`${opened.path}-wal`).size;
    opened.writer.exec("BEGIN; UPDATE nodes SET X = X + 1; ROLLBACK");
    expect(statSync(`${opened.path}-wal`).size).toBeGreaterThan(before);
    await opened.source.check();
  });

  it("notices another file in its place, equal or not", async () => {
    const opened = await open("delete");
    const { atime, mtime } = statSync(opened.path);
    const copy = fixtures.path();
    copyFileSync(opened.path, copy);
    utimesSync(copy, atime, mtime);
    renameSync(copy, opened.path);
    expect(await faultOf(opened)).toContain("another file has taken its place");
  });

  it("notices that the file is gone", async () => {
    const opened = await open("delete");
    unlinkSync(opened.path);
    expect(await faultOf(opened)).toContain("is gone");
  });

  it("notices a change of any file of several", async () => {
    const paths = [fixtures.nodes(3), fixtures.nodes(3)];
    const source = await fixtures.source({ paths });
    fixtures.connection(paths[1] ?? "").exec("INSERT INTO nodes (Id) VALUES (99)");
    const error = await rejectionOf(source.check());
    expect(error.code).toBe("SOURCE_CHANGED");
    expect(error.fault).toContain(paths[1]);
  });

  it("keeps a fingerprint from being taken of a file in change", async () => {
    const opened = await open("delete");
    opened.writer.exec("DELETE FROM nodes WHERE Id > 5");
    expect((await rejectionOf(opened.source.fingerprint())).code).toBe("SOURCE_CHANGED");
    const rank = await rejectionOf(opened.source.sample(10).then(() => opened.source.check()));
    expect(rank.code).toBe("SOURCE_CHANGED");
  });
});

describe("a source", () => {
  it("leaves the file and its folder as they were", async () => {
    const path = fixtures.nodes(500, "alone/nodes.gpkg");
    const bytes = readFileSync(path);
    const { mtimeMs } = statSync(path);
    const source = await fixtures.source({ paths: [path] });
    await source.read(0, null, { maxRows: 100, maxBytes: 1000 });
    await source.sample(10);
    await source.fingerprint();
    expect(readdirSync(dirname(path))).toStrictEqual(["nodes.gpkg"]);
    await source.close();
    expect(readFileSync(path)).toStrictEqual(bytes);
    expect(statSync(path).mtimeMs).toBe(mtimeMs);
  });
});

describe("WalScanner", () => {
  it("counts the committed frames as SQLite does", () => {
    const path = fixtures.nodes(500);
    const scanner = new WalScanner(path);
    expect(scanner.position()).toBeNull();
    const writer = fixtures.connection(path);
    writer.pragma("journal_mode=wal");
    writer.pragma("cache_size=1");
    const salts = new Set<string>();
    for (let round = 0; round < 30; round += 1) {
      writer.exec(`UPDATE nodes SET X = X + 1 WHERE Id <= ${1 + ((round * 211) % 500)}`);
      if (round % 3 === 0) writer.exec("BEGIN; UPDATE nodes SET Y = Y + 1; ROLLBACK");
      const found = scanner.position();
      expect(found).toStrictEqual(new WalScanner(path).position());
      const [state] = writer.pragma("wal_checkpoint(PASSIVE)") as { log: number }[];
      expect(found?.frames).toBe(state?.log);
      salts.add(found?.salts ?? "");
    }
    expect(salts.size).toBeGreaterThan(20);
    writer.pragma("wal_checkpoint(TRUNCATE)");
    expect(scanner.position()).toBeNull();
  });
});
