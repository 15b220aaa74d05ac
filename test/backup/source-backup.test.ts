import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { backupSource } from "../../src/backup/backup.js";
import { requireFree } from "../../src/backup/disk-files.js";
import { restoreBackup } from "../../src/backup/restore.js";
import { Source } from "../../src/source/source.js";
import { refusalOf } from "../support/refusal-of.js";
import { rejectionOf } from "../support/rejection-of.js";
import { newFolder, newSource, newTarget, sourceBackup } from "./backup-case.js";

function rowsOf(path: string): unknown[] {
  const database = new Database(path, { readonly: true });
  const rows = database.prepare("SELECT * FROM nodes ORDER BY rowid").all();
  database.close();
  return rows;
}

const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

describe("a source's backup", () => {
  it("holds each file as it was at one moment, its write-ahead log included", async () => {
    const path = newSource(300);
    const writer = new Database(path);
    writer.pragma("journal_mode = wal");
    writer.exec("UPDATE nodes SET X = 77 WHERE Id = 4");
    const before = rowsOf(path);
    const { out, manifest } = await sourceBackup(path);
    writer.exec("DELETE FROM nodes");
    writer.close();
    expect(rowsOf(join(out, basename(path)))).toEqual(before);
    expect(manifest.content).toMatchObject({
      kind: "source",
      files: [{ name: "earth.db", path, tables: [{ name: "nodes", rows: 300 }] }],
    });
    const [file] = manifest.files;
    expect(file).toEqual({
      name: "earth.db",
      bytes: statSync(join(out, "earth.db")).size,
      sha256: sha256(join(out, "earth.db")),
    });
    expect(readdirSync(out).sort()).toEqual(["earth.db", "manifest.json"]);
    expect(readdirSync(dirname(out))).toEqual(["backup"]);
    expect(statSync(join(out, "earth.db")).mode & 0o777).toBe(0o600);
  });

  it("has the fingerprints that runs of the same source have", async () => {
    const path = newSource(50);
    const { manifest } = await sourceBackup(path);
    const inPlace = await Source.open({ paths: [path] });
    const snapshot = await Source.open({ paths: [path], snapshotDir: newFolder() });
    expect(manifest.content).toMatchObject({
      inPlaceFingerprint: await inPlace.fingerprint(),
      snapshotFingerprint: await snapshot.fingerprint(),
    });
    await inPlace.close();
    await snapshot.removeSnapshots();
    await snapshot.close();
  });

  it("keeps files of one name apart, and databases that cannot be loaded", async () => {
    const [one, two] = [newSource(3), newSource(5)];
    const other = join(newFolder(), "other.db");
    const database = new Database(other);
    database.exec("CREATE TABLE stock(item, price); INSERT INTO stock VALUES ('a', 1)");
    database.close();
    const { out } = await sourceBackup(one, two);
    expect(readdirSync(out).sort()).toEqual(["1-earth.db", "2-earth.db", "manifest.json"]);
    const { manifest } = await sourceBackup(other);
    expect(manifest.content).toMatchObject({
      inPlaceFingerprint: null,
      files: [{ tables: [{ name: "stock", rows: 1 }] }],
    });
  });

  it("is not begun where something is, or where the disk is too small", async () => {
    const source = newSource(3);
    const { out } = await sourceBackup(source);
    const before = readFileSync(join(out, "manifest.json"));
    expect((await rejectionOf(backupSource({ sources: [source], out }))).code).toBe(
      "OUTPUT_EXISTS",
    );
    expect(readFileSync(join(out, "manifest.json"))).toEqual(before);
    expect(refusalOf(() => requireFree("/data", 1000, 1049)).code).toBe("BACKUP_NO_SPACE");
    expect(() => requireFree("/data", 1000, 1050)).not.toThrow();
  });

  it("leaves nothing when it is interrupted or fails", async () => {
    const place = newFolder();
    const out = join(place, "backup");
    const stop = new AbortController();
    const hooks = { signal: stop.signal, onProgress: () => stop.abort() };
    const result = await backupSource({ sources: [newSource(300)], out }, hooks);
    expect(result).toEqual({ kind: "interrupted" });
    expect(readdirSync(place)).toEqual([]);
    const text = join(newFolder(), "text.db");
    writeFileSync(text, "no database at all, but a text of some length".repeat(100));
    const error = await rejectionOf(backupSource({ sources: [text], out }));
    expect(error.code).toBe("SOURCE_NOT_DATABASE");
    expect(readdirSync(place)).toEqual([]);
  });

  it("that a crash left behind is no backup, and is replaced by the next try", async () => {
    const source = newSource(30);
    const place = newFolder();
    const out = join(place, "backup");
    mkdirSync(`${out}.unfinished`);
    writeFileSync(join(`${out}.unfinished`, "backup-writer-lock"), "");
    writeFileSync(join(`${out}.unfinished`, "earth.db"), "half");
    for (const backup of [out, `${out}.unfinished`]) {
      const to = join(place, "restored.db");
      expect((await rejectionOf(restoreBackup({ backup, to }))).code).toBe("BACKUP_UNFINISHED");
    }
    await backupSource({ sources: [source], out });
    expect(readdirSync(place)).toEqual(["backup"]);
    mkdirSync(`${out}-2.unfinished`);
    writeFileSync(join(`${out}-2.unfinished`, "mine.txt"), "mine");
    const error = await rejectionOf(backupSource({ sources: [source], out: `${out}-2` }));
    expect(error.code).toBe("OUTPUT_EXISTS");
    expect(existsSync(join(`${out}-2.unfinished`, "mine.txt"))).toBe(true);
  });

  it("is made by one process at a time", async () => {
    const out = join(newFolder(), "backup");
    mkdirSync(`${out}.unfinished`);
    const other = new Database(join(`${out}.unfinished`, "backup-writer-lock"));
    other.exec("BEGIN EXCLUSIVE");
    const error = await rejectionOf(backupSource({ sources: [newSource(3)], out }));
    other.close();
    expect(error.code).toBe("BACKUP_IN_USE");
  });
});

describe("a source's restore", () => {
  it("is a new file, byte for byte the backup's", async () => {
    const source = newSource(200);
    const before = rowsOf(source);
    const { out, manifest } = await sourceBackup(source);
    rmSync(source);
    const to = join(newFolder(), "back.db");
    const result = await restoreBackup({ backup: out, to });
    expect(result).toMatchObject({ kind: "files", files: [{ path: to }] });
    expect(sha256(to)).toBe(manifest.files[0]?.sha256);
    expect(rowsOf(to)).toEqual(before);
    expect(readdirSync(dirname(to))).toEqual(["back.db"]);
  });

  it("is a new folder for several files", async () => {
    const { out } = await sourceBackup(newSource(3, "a.db"), newSource(5, "b.db"));
    const to = join(newFolder(), "back");
    await restoreBackup({ backup: out, to });
    expect(readdirSync(to).sort()).toEqual(["a.db", "b.db"]);
    expect(rowsOf(join(to, "b.db"))).toHaveLength(5);
  });

  it("touches nothing that is there, and no source", async () => {
    const source = newSource(30);
    const { out } = await sourceBackup(source);
    const before = sha256(source);
    for (const replace of [false, true]) {
      const error = await rejectionOf(restoreBackup({ backup: out, to: source, replace }));
      expect(error.code).toBe("OUTPUT_EXISTS");
    }
    expect(sha256(source)).toBe(before);
    // A journal that lies there would be rolled back into the new file.
    const to = join(newFolder(), "back.db");
    writeFileSync(`${to}-wal`, "");
    expect((await rejectionOf(restoreBackup({ backup: out, to }))).code).toBe("OUTPUT_EXISTS");
    expect(existsSync(to)).toBe(false);
  });

  it("is refused where the backup is damaged, missing or of something else", async () => {
    const { out } = await sourceBackup(newSource(30));
    const to = join(newFolder(), "back.db");
    const codeOf = async () => (await rejectionOf(restoreBackup({ backup: out, to }))).code;
    const good = readFileSync(join(out, "earth.db"));
    const bad = Buffer.from(good);
    bad[good.length - 3] = (bad[good.length - 3] ?? 0) ^ 1;
    writeFileSync(join(out, "earth.db"), bad);
    expect(await codeOf()).toBe("BACKUP_DAMAGED");
    writeFileSync(join(out, "earth.db"), good.subarray(1));
    expect(await codeOf()).toBe("BACKUP_DAMAGED");
    writeFileSync(join(out, "earth.db"), good);
    const manifest = readFileSync(join(out, "manifest.json"), "utf8");
    writeFileSync(join(out, "manifest.json"), manifest.replace('"rows": 30', '"rows": 31'));
    expect(await codeOf()).toBe("BACKUP_DAMAGED");
    writeFileSync(join(out, "manifest.json"), manifest.replace('"version": 1', '"version": 9'));
    expect(await codeOf()).toBe("BACKUP_VERSION");
    rmSync(join(out, "manifest.json"));
    expect(await codeOf()).toBe("BACKUP_NOT_FOUND");
    writeFileSync(join(out, "manifest.json"), manifest);
    const target = await newTarget(newSource(3));
    const error = await rejectionOf(restoreBackup({ backup: out, to: target, replace: true }));
    expect(error.code).toBe("BACKUP_KIND");
    expect(existsSync(to)).toBe(false);
  });
});
