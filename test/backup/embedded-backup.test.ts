import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { backupTarget } from "../../src/backup/backup.js";
import { restoreBackup } from "../../src/backup/restore.js";
import { openTarget } from "../../src/target/open-target.js";
import { rejectionOf } from "../support/rejection-of.js";
import { nodeTable, targetCells } from "../support/run-samples.js";
import { writeTable } from "../support/source-tables.js";
import { loadInto, newFolder, newSource, newTarget, pathOf, targetBackup } from "./backup-case.js";

/** Rows changed, added and deleted: a load of another state of the source, pruned by hand. */
async function change(target: string): Promise<void> {
  const source = join(newFolder(), "earth.db");
  writeTable(source, nodeTable(60, { 3: { MaterialId: 99n }, 4: { Metadata: "other" } }));
  await loadInto(target, source);
  const database = new Database(pathOf(target));
  database.exec("UPDATE octree_nodes SET deleted = 1 WHERE morton_code % 7 = 0");
  database.close();
}

describe("an embedded target's backup", () => {
  it.each(["node", "tile"])("is put back as it was, layout %s", async (layout) => {
    const target = await newTarget(newSource(40), layout);
    const before = targetCells(pathOf(target));
    const { out, manifest } = await targetBackup(target);
    expect(manifest.content).toMatchObject({ kind: "embedded", layout });
    chmodSync(pathOf(target), 0o644);
    if (layout === "node") await change(target);
    else await loadInto(target, newSource(60));
    expect(targetCells(pathOf(target))).not.toEqual(before);
    const result = await restoreBackup({ backup: out, replace: true });
    expect(result).toMatchObject({ kind: "files", files: [{ path: pathOf(target) }] });
    expect(targetCells(pathOf(target))).toEqual(before);
    expect(readFileSync(pathOf(target))).toEqual(readFileSync(join(out, "target.octree")));
    expect(statSync(pathOf(target)).mode & 0o777).toBe(0o644);
    // It can be loaded into again.
    await loadInto(target, newSource(60));
    expect(targetCells(pathOf(target))).toHaveLength(60);
  });

  it("can be put back elsewhere, and stays what it is", async () => {
    const target = await newTarget(newSource(40));
    const { out } = await targetBackup(target);
    const other = `sqlite:${join(newFolder(), "other.octree")}`;
    await restoreBackup({ backup: out, to: other });
    expect(targetCells(pathOf(other))).toEqual(targetCells(pathOf(target)));
    await restoreBackup({ backup: out, to: other, replace: true });
    expect(targetCells(pathOf(other))).toHaveLength(40);
  });

  it("replaces nothing unasked, no database of something else, and no other kind", async () => {
    const target = await newTarget(newSource(40));
    const { out } = await targetBackup(target);
    await change(target);
    const before = readFileSync(pathOf(target));
    const restore = (to?: string, replace = false) =>
      rejectionOf(restoreBackup({ backup: out, replace, ...(to === undefined ? {} : { to }) }));
    expect((await restore()).code).toBe("RESTORE_NEEDS_REPLACE");
    expect(readFileSync(pathOf(target))).toEqual(before);
    const foreign = newSource(3);
    expect((await restore(`sqlite:${foreign}`, true)).code).toBe("TARGET_FOREIGN");
    expect((await restore("cassandra://127.0.0.1:1/x", true)).code).toBe("BACKUP_KIND");
    expect((await restore("null:", true)).code).toBe("BACKUP_KIND");
  });

  it("is not put back while a load or a reader holds the target", async () => {
    const target = await newTarget(newSource(40));
    const { out } = await targetBackup(target);
    const lock = new Database(`${pathOf(target)}-writer-lock`);
    lock.exec("BEGIN EXCLUSIVE");
    const error = await rejectionOf(restoreBackup({ backup: out, replace: true }));
    expect(error.code).toBe("TARGET_LOCKED");
    lock.close();
    // A reader between two reads goes on reading what it opened.
    const reader = await openTarget(target);
    expect(await reader.countRows()).toBe(40);
    await change(target);
    await restoreBackup({ backup: out, replace: true });
    expect(await reader.countRows()).toBeGreaterThan(0);
    await reader.close();
    const names = readdirSync(dirname(pathOf(target))).sort();
    expect(names).toEqual(["earth.octree", "earth.octree-writer-lock"]);
  });

  it("does not take the journal of what it replaces for its own", async () => {
    const target = await newTarget(newSource(40));
    const path = pathOf(target);
    const before = targetCells(path);
    const { out } = await targetBackup(target);
    const writer = new Database(path);
    writer.pragma("journal_mode = wal");
    writer.exec("UPDATE octree_nodes SET material_id = 5");
    // The log stays behind, as after a crash.
    const left = readFileSync(`${path}-wal`);
    writer.close();
    writeFileSync(`${path}-wal`, left);
    await restoreBackup({ backup: out, replace: true });
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(targetCells(path)).toEqual(before);
  });

  it("is refused of what is no target, unless its absence is what is kept", async () => {
    const from = `sqlite:${join(newFolder(), "none.octree")}`;
    const out = join(newFolder(), "backup");
    const codeOf = async (url: string) =>
      (await rejectionOf(backupTarget({ from: url, out }))).code;
    expect(await codeOf(from)).toBe("TARGET_MISSING");
    expect(await codeOf("null:")).toBe("TARGET_MISSING");
    expect(await codeOf(`sqlite:${newSource(3)}`)).toBe("TARGET_FOREIGN");
    const node = await newTarget(newSource(3));
    expect(await codeOf(node.replace("=node", "=tile"))).toBe("TARGET_LAYOUT");

    await backupTarget({ from, out, allowAbsent: true });
    await loadInto(from, newSource(3));
    const unasked = await rejectionOf(restoreBackup({ backup: out }));
    expect(unasked.code).toBe("RESTORE_NEEDS_REPLACE");
    expect(await restoreBackup({ backup: out, replace: true })).toMatchObject({ kind: "removed" });
    expect(existsSync(pathOf(from))).toBe(false);
    expect(await restoreBackup({ backup: out, replace: true })).toMatchObject({ kind: "removed" });
  });

  it("is refused while dual write is on", async () => {
    const target = await newTarget(newSource(3));
    const { out } = await targetBackup(target);
    const database = new Database(pathOf(target));
    database
      .prepare("INSERT INTO octoload_state VALUES ('write-times', 'dual-write', 'on', 0, 'x')")
      .run();
    database.close();
    const error = await rejectionOf(restoreBackup({ backup: out, replace: true }));
    expect(error.code).toBe("TARGET_LIVE");
  });
});
