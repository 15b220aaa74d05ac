import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { copyDatabase, requireSpace } from "../../src/source/snapshot.js";
import { refusalOf } from "../support/refusal-of.js";
import { rejectionOf } from "../support/rejection-of.js";
import { readAll } from "./read-block.js";
import { Fixtures } from "./source-fixtures.js";

const fixtures = new Fixtures();

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe("a source read through a snapshot", () => {
  it("is the source as it was at one moment, its write-ahead log included", async () => {
    const path = fixtures.nodes(300);
    const writer = fixtures.connection(path);
    writer.pragma("journal_mode=wal");
    writer.exec("UPDATE nodes SET X = 77 WHERE Id = 4");
    const plain = await readAll(await fixtures.source({ paths: [path] }));
    const source = await fixtures.source({ paths: [path], snapshotDir: fixtures.path("copies") });
    writer.exec("UPDATE nodes SET X = 78; DROP TABLE nodes");
    expect(await readAll(source)).toStrictEqual(plain);
    await source.check();
    expect(source.files[0]?.path).toBe(path);
    expect(source.name).toBe(path.slice(path.lastIndexOf("/") + 1));
  });

  it("is a private copy, known by its bytes, which goes when it is no longer needed", async () => {
    const parent = fixtures.path("parent");
    const path = fixtures.nodes(300);
    const other = join(fixtures.folder, "same");
    mkdirSync(other);
    const twin = fixtures.nodes(20, `same/${path.slice(path.lastIndexOf("/") + 1)}`);
    const source = await fixtures.source({ paths: [path, twin], snapshotDir: parent });
    const copies = source.files.map(({ snapshotPath }) => snapshotPath ?? "");
    expect(new Set(copies).size).toBe(2);
    for (const copy of copies) expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(copies[0] ?? "")).mode & 0o777).toBe(0o700);
    const hashes = copies.map((copy) => `${sha256(readFileSync(copy))}\n`).join("");
    expect(await source.fingerprint()).toBe(sha256(Buffer.from(hashes)));
    writeFileSync(join(parent, "of-another"), "");
    await source.removeSnapshots();
    expect(readdirSync(parent)).toStrictEqual(["of-another"]);
    expect(existsSync(path)).toBe(true);
  });

  it("is found again without the original", async () => {
    const path = fixtures.nodes(30);
    const first = await fixtures.source({ paths: [path], snapshotDir: fixtures.path("again") });
    const snapshots = first.files.map(({ snapshotPath }) => snapshotPath ?? "");
    const fingerprint = await first.fingerprint();
    await first.close();
    fixtures.connection(path).exec("DROP TABLE nodes");
    const second = await fixtures.source({ paths: [path], snapshots });
    expect(await second.fingerprint()).toBe(fingerprint);
    expect(second.files[0]).toMatchObject({ path, snapshotPath: snapshots[0] });
    expect(await second.count()).toBe(30);
    await second.removeSnapshots();
    expect(readdirSync(fixtures.path("again"))).toStrictEqual([]);
  });

  it("leaves nothing behind when it is refused", async () => {
    const parent = fixtures.path("refused");
    const paths = [fixtures.nodes(3), fixtures.nodes(3)];
    const writer = fixtures.connection(paths[1] ?? "");
    writer.exec("BEGIN EXCLUSIVE");
    const error = await rejectionOf(fixtures.source({ paths, snapshotDir: parent }));
    expect(error.code).toBe("SOURCE_LOCKED");
    expect(existsSync(parent) ? readdirSync(parent) : []).toStrictEqual([]);
  });

  it("needs a folder that can be made", async () => {
    const path = fixtures.nodes(3);
    const error = await rejectionOf(
      fixtures.source({ paths: [path], snapshotDir: join(path, "in-a-file") }),
    );
    expect(error.code).toBe("SNAPSHOT_FAILED");
    expect(error.fault).toContain("ENOTDIR");
  });
});

describe("requireSpace", () => {
  it("asks for a little more than the copies take", () => {
    requireSpace("/somewhere", 1000, 1050);
    const error = refusalOf(() => requireSpace("/somewhere", 1000, 1049));
    expect(error.code).toBe("SNAPSHOT_NO_SPACE");
    expect(error.fault).toContain("the copies take 1050 bytes");
    expect(error.fault).toContain("has 1049 bytes free");
  });
});

describe("copyDatabase", () => {
  it.each(["delete", "wal"])(
    "gets one moment of a database that never rests (%s)",
    async (mode) => {
      const path = fixtures.database(
        `PRAGMA page_size=512; CREATE TABLE t (k INTEGER PRIMARY KEY, v, filler);
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
       INSERT INTO t SELECT i, 0, zeroblob(400) FROM n`,
      );
      const writer = fixtures.connection(path);
      writer.pragma(`journal_mode=${mode}`);
      writer.pragma("synchronous=off");
      writer.pragma("busy_timeout=1000");
      let commits = 0;
      let isRunning = true;
      const write = () => {
        if (!isRunning) return;
        const [down, up] = [(commits * 7919) % 8000, (commits * 104_729) % 8000];
        writer.exec(
          `BEGIN; UPDATE t SET v = v - 1 WHERE k = ${down + 1}; UPDATE t SET v = v + 1 WHERE k = ${up + 1}; COMMIT`,
        );
        commits += 1;
        setImmediate(write);
      };
      write();
      const reader = new Sqlite(path, { readonly: true });
      const copy = fixtures.path();
      await copyDatabase(path, reader, copy);
      isRunning = false;
      reader.close();
      expect(commits).toBeGreaterThan(3);
      const copied = new Sqlite(copy, { readonly: true });
      expect(copied.pragma("integrity_check", { simple: true })).toBe("ok");
      expect(copied.pragma("journal_mode", { simple: true })).toBe("delete");
      const sums = copied.prepare("SELECT count(*), sum(v), sum(v <> 0) > 0 FROM t").raw().get();
      expect(sums).toStrictEqual([8000, 0, 1]);
      copied.close();
    },
  );

  it("gives up on a database that a writer keeps to itself", async () => {
    const path = fixtures.nodes(10);
    const reader = new Sqlite(path, { readonly: true, timeout: 10 });
    fixtures.connection(path).exec("BEGIN EXCLUSIVE");
    const copy = fixtures.path();
    expect((await rejectionOf(copyDatabase(path, reader, copy))).code).toBe("SOURCE_LOCKED");
    expect(existsSync(copy)).toBe(false);
    reader.close();
  });
});
