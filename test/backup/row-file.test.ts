import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CellRow } from "../../src/backup/cell-row.js";
import { HEADER_BYTES } from "../../src/backup/row-blocks.js";
import { RowFileWriter, readRowFile } from "../../src/backup/row-file.js";
import { RowsSum } from "../../src/backup/rows-digest.js";
import { anyCellRow, plainCellRow, shownRow } from "../support/cell-rows.js";
import { rejectionOf } from "../support/rejection-of.js";
import { runs } from "../support/seed.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
let made = 0;

async function writeFile(rows: readonly CellRow[]): Promise<string> {
  made += 1;
  const path = join(folder, `rows-${made}.bin`);
  const writer = await RowFileWriter.create(path, "rows.bin");
  await writer.write(rows);
  await writer.finish();
  return path;
}

async function readFile(path: string): Promise<CellRow[]> {
  const rows: CellRow[] = [];
  for await (const batch of readRowFile(path)) rows.push(...batch);
  return rows;
}

/** Where each block begins, the end's too. */
function blocksOf(bytes: Buffer): number[] {
  const starts: number[] = [];
  for (let at = 8; at < bytes.length; at += HEADER_BYTES + bytes.readUInt32LE(at + 16)) {
    starts.push(at);
  }
  return starts;
}

describe("a file of rows", () => {
  it("gives back every cell, its write time and its expiry", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyCellRow, { maxLength: 40 }), async (rows) => {
        const back = await readFile(await writeFile(rows));
        expect(back.map(shownRow)).toEqual(rows.map(shownRow));
      }),
      runs(60),
    );
  });

  it("takes rows larger than a block, and no rows", async () => {
    const rows = [plainCellRow(1, 10), plainCellRow(2, 3 << 20), plainCellRow(3, 0)];
    expect((await readFile(await writeFile(rows))).map(shownRow)).toEqual(rows.map(shownRow));
    expect(await readFile(await writeFile([]))).toEqual([]);
  });

  it("says which block is damaged, whichever byte it is", async () => {
    const rows = Array.from({ length: 60 }, (_, i) => plainCellRow(i, 60_000));
    const path = await writeFile(rows);
    const good = readFileSync(path);
    const starts = blocksOf(good);
    expect(starts.length).toBeGreaterThan(3);
    for (const [number, start] of starts.entries()) {
      const end = starts[number + 1] ?? good.length;
      const middle = Math.min(end - 1, start + HEADER_BYTES + 5);
      for (const at of [start, start + 5, start + 9, start + 13, start + 22, middle, end - 1]) {
        const bad = Buffer.from(good);
        bad[at] = (bad[at] ?? 0) ^ 0x10;
        writeFileSync(path, bad);
        const error = await rejectionOf(readFile(path));
        expect(error.code, `byte ${at}`).toBe("BACKUP_DAMAGED");
        expect(error.message, `byte ${at}`).toContain(`block ${number}:`);
      }
    }
  });

  it("is known to be cut, or to have something after its end", async () => {
    const path = await writeFile(Array.from({ length: 40 }, (_, i) => plainCellRow(i, 60_000)));
    const good = readFileSync(path);
    const starts = blocksOf(good);
    for (const length of [
      0,
      4,
      8,
      20,
      ...starts,
      ...starts.map((at) => at + 30),
      good.length - 1,
    ]) {
      if (length >= good.length) continue;
      writeFileSync(path, good.subarray(0, length));
      expect((await rejectionOf(readFile(path))).code, `${length} bytes`).toBe("BACKUP_DAMAGED");
    }
    writeFileSync(path, Buffer.concat([good, Buffer.from("x")]));
    expect((await rejectionOf(readFile(path))).message).toContain("1 bytes stand after the end");
    const second = starts[1] ?? 0;
    const third = starts[2] ?? 0;
    writeFileSync(path, Buffer.concat([good.subarray(0, second), good.subarray(third)]));
    expect((await rejectionOf(readFile(path))).message).toContain("block 1:");
  });
});

describe("the digest of rows", () => {
  const digestOf = (rows: readonly CellRow[]) => {
    const sum = new RowsSum();
    for (const row of rows) sum.add(row);
    return sum.digest;
  };

  it("depends on each cell and write time, not on the rows' order", () => {
    fc.assert(
      fc.property(fc.array(anyCellRow, { minLength: 1, maxLength: 10 }), fc.nat(), (rows, n) => {
        const digest = digestOf(rows);
        expect(digestOf([...rows].reverse())).toEqual(digest);
        expect(digestOf(rows.slice(1)).rows).toBe(rows.length - 1);
        const index = n % rows.length;
        const changed = rows.map((row, i) => (i === index ? { ...row, tile: row.tile ^ 1n } : row));
        expect(digestOf(changed).sum).not.toBe(digest.sum);
        const other = rows.map((row, i) => (i === index ? laterRow(row) : row));
        const hasCells = rows[index]?.values.some((value) => value !== null);
        expect(digestOf(other).sum !== digest.sum).toBe(hasCells);
      }),
      runs(100),
    );
  });

  it("takes rows that expire as such, whenever they do", () => {
    const row = { ...plainCellRow(1, 5), expiriesS: [9, 9, 9, 9, 9] };
    const later = { ...row, expiriesS: [10, 9, 9, 9, 9] };
    expect(digestOf([row])).toEqual(digestOf([later]));
    expect(digestOf([row]).sum).not.toBe(digestOf([plainCellRow(1, 5)]).sum);
    expect(digestOf([row]).lasting.rows).toBe(0);
    expect(digestOf([plainCellRow(1, 5)]).lasting.rows).toBe(1);
  });
});

function laterRow(row: CellRow): CellRow {
  return {
    ...row,
    writeTimesUs: row.writeTimesUs.map((time) => (time === null ? null : time + 1n)),
  };
}
