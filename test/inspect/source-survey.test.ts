import { describe, expect, it } from "vitest";
import { frames } from "../../src/encoding/frame.js";
import { RankPicker } from "../../src/inspect/rank-picker.js";
import { SourceSurvey } from "../../src/inspect/source-survey.js";
import { mayExceed } from "../../src/inspect/value-lengths.js";
import { rowidsOf } from "../../src/load/scan.js";
import { readAll, type Value } from "../source/read-block.js";
import { Fixtures } from "../source/source-fixtures.js";

const fixtures = new Fixtures();
const names = ["Id", "X", "Y", "Z", "Level", "MaterialId", "Density", "Metadata", "Created"];

/** Values of every storage class in every column, coordinates in and out of frames. */
function nastyTable(): string {
  const value = (i: string) =>
    `CASE abs(random() % 7) WHEN 0 THEN NULL WHEN 1 THEN ${i} WHEN 2 THEN ${i} * 0.5
     WHEN 3 THEN 'text' || ${i} WHEN 4 THEN zeroblob(${i} % 300) ELSE ${i} * 1e5 END`;
  const columns = [...names, "Extra", "Other"];
  return fixtures.database(
    `CREATE TABLE nodes (${columns.map((name) => `"${name}"`).join(", ")});
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
     INSERT INTO nodes SELECT ${columns.map(() => value("(i - 100)")).join(", ")} FROM n`,
  );
}

function classOf(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "bigint") return "integer";
  if (typeof value === "number") return "real";
  if ("text" in value) return "text";
  return "blob" in value ? "blob" : "tooLarge";
}

function lengthOf(value: Value): number | undefined {
  if (value === null || typeof value !== "object") return undefined;
  if ("text" in value) return value.text.length / 2;
  return "blob" in value ? value.blob.length / 2 : 0;
}

async function surveyed(path: string) {
  const source = await fixtures.source({ paths: [path] });
  const [file] = source.files;
  if (file === undefined) throw new Error("no file");
  const survey = new SourceSurvey(frames.centred.toJSON(), source.files);
  for (let after: bigint | null = null; ; ) {
    const block = await source.read(0, after, { maxRows: 77, maxBytes: 1 << 20 });
    if (block === null) break;
    const rowids = rowidsOf(block);
    survey.add({
      file: 0,
      block,
      rowids,
      status: new Uint8Array(rowids.length),
      hasRejected: false,
    });
    after = rowids.at(-1) ?? null;
  }
  return { survey, file, rows: await readAll(source) };
}

describe("what is learnt from batches", () => {
  it("agrees with reading each value by itself", async () => {
    const { survey, file, rows } = await surveyed(nastyTable());
    const found = survey.classesOf(0, file);
    for (const [i, name] of [...names, "Extra", "Other"].entries()) {
      const column = rows.map(({ values }) => values[i < names.length ? i : i + 1] ?? null);
      const expected = { integer: 0, real: 0, text: 0, blob: 0, null: 0, tooLarge: 0 };
      for (const value of column) expected[classOf(value) as keyof typeof expected] += 1;
      expect([name, found.get(name)]).toEqual([name, expected]);
    }
    const lengths = rows.flatMap(({ values }) => lengthOf(values[7] ?? null) ?? []);
    const { metadata } = survey;
    expect(metadata.facts).toMatchObject({
      values: lengths.length,
      bytes: lengths.reduce((sum, length) => sum + length, 0),
      longest: { bytes: Math.max(...lengths) },
    });
    for (const limit of [0, 1, 7, 8, 100, 255, 256]) {
      const longer = lengths.filter((length) => length > limit).length;
      expect(mayExceed(metadata.facts, limit)).toBeGreaterThanOrEqual(longer);
    }
    expect(mayExceed(metadata.facts, 511)).toBe(0);
  });

  it("finds where points are, and which frames hold them", async () => {
    const { survey, rows } = await surveyed(nastyTable());
    const points = rows.flatMap(({ values }) => {
      const [x, y, z] = [values[1], values[2], values[3]].map((value) => {
        return typeof value === "bigint" || typeof value === "number" ? Number(value) : Number.NaN;
      });
      const point = [x ?? 0, y ?? 0, z ?? 0];
      return point.some(Number.isNaN) ? [] : [point];
    });
    const { fit } = { fit: survey.fitter.facts };
    expect(points.length).toBeGreaterThan(50);
    expect(fit.points).toBe(points.length);
    expect(fit.min).toEqual([0, 1, 2].map((axis) => Math.min(...points.map((p) => p[axis] ?? 0))));
    expect(fit.max).toEqual([0, 1, 2].map((axis) => Math.max(...points.map((p) => p[axis] ?? 0))));
    for (const { frame, inside } of fit.frames) {
      const held = points.filter((point) =>
        point.every((value, axis) => {
          const t = (value - (frame.min[axis] ?? 0)) / (frame.size[axis] ?? 1);
          return t >= 0 && t <= 1;
        }),
      );
      expect([frame.name, inside]).toEqual([frame.name, held.length]);
    }
    expect(fit.frames.map(({ frame }) => frame.name)).toEqual(["centred", "bluemarble"]);
  });
});

describe("the seeded sample", () => {
  it("is the one that going through the rowids finds, whatever the batches", async () => {
    const paths = [fixtures.nodes(300), fixtures.nodes(0), fixtures.nodes(41)];
    const source = await fixtures.source({ paths });
    for (const [count, maxRows] of [
      [10, 7],
      [100, 300],
      [1000, 64],
    ] as const) {
      const picker = new RankPicker(count, await source.count(), 12_345);
      for (const file of source.files.keys()) {
        for (let after: bigint | null = null; ; ) {
          const block = await source.read(file, after, { maxRows, maxBytes: 1 << 20 });
          if (block === null) break;
          const rowids = rowidsOf(block);
          picker.add({ file, rowids });
          after = rowids.at(-1) ?? null;
        }
      }
      expect(picker.picked).toEqual(await source.sample(count, 12_345));
    }
  });
});
