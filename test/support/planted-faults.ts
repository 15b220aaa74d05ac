import { rowTables, valueColumns } from "../../src/cassandra/tables.js";
import type { Layout } from "../../src/encoding/layout.js";
import type { Finding } from "../../src/validate/result.js";

/** A target that faults are planted in, whatever it is. */
export interface PlantedTarget {
  readonly layout: Layout;
  /** "level code" of the source's row at an index. */
  readonly keyOf: (index: number) => string;
  /** The stored row of a source's row, by the names of its columns; blobs as hexadecimal. */
  read(index: number): Promise<StoredValues>;
  /** Writes some columns of a row. */
  write(index: number, values: Partial<StoredValues>): Promise<void>;
  remove(index: number): Promise<void>;
  /** Writes a whole row at a key that the source has not. */
  insert(key: string, values: StoredValues): Promise<void>;
}

export interface StoredValues {
  readonly material_id: number | null;
  readonly homogeneity: number;
  /** Signed. */
  readonly children_mask: number;
  /** Hexadecimal. */
  readonly compressed_data: string;
  readonly last_modified: bigint;
}

/** A finding as a test expects it. */
export interface ExpectedFinding {
  readonly class: Finding["class"];
  /** "level code" */
  readonly key: string;
  readonly columns?: readonly string[];
  readonly sourceColumns?: readonly string[];
  readonly envelope?: Finding["envelope"];
}

/** Another float32 as near as there is. */
export function nextFloat(value: number): number {
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  float[0] = value;
  bits[0] = (bits[0] ?? 0) - 1;
  return float[0] ?? 0;
}

function flipByte(hex: string, index: number): string {
  const bytes = Buffer.from(hex, "hex");
  bytes[index] = (bytes[index] ?? 0) ^ 0x10;
  return bytes.toString("hex");
}

/** "level code" of a cell that no row of a nodeTable() has, nor one of the Earth. */
export const strayKey = "12 7";

/**
 * Plants one fault of every kind, each in a row of its own, of the source's rows at the indexes
 * from `first` on. None of them has children, and neighbours have other materials.
 *
 * @returns what a validation has to find: all of it and nothing else
 */
export async function plantFaults(
  target: PlantedTarget,
  first: number,
): Promise<readonly ExpectedFinding[]> {
  const row = (offset: number) => first + 10 * offset;
  const planted: ExpectedFinding[] = [];
  const differs = (offset: number, columns: readonly string[], more = {}) => {
    planted.push({ class: "different", key: target.keyOf(row(offset)), columns, ...more });
  };
  await target.remove(row(0));
  planted.push({ class: "missing", key: target.keyOf(row(0)) });
  await target.insert(strayKey, await target.read(row(1)));
  planted.push({ class: "extra", key: strayKey });
  const { material_id } = await target.read(row(2));
  await target.write(row(2), { material_id: (material_id ?? 0) ^ 1 });
  differs(2, ["material_id"]);
  await target.write(row(3), { material_id: null });
  differs(3, ["material_id"]);
  await target.write(row(4), { homogeneity: nextFloat((await target.read(row(4))).homogeneity) });
  differs(4, ["homogeneity"]);
  await target.write(row(5), { children_mask: -128 });
  differs(5, ["children_mask"]);
  const { last_modified } = await target.read(row(6));
  await target.write(row(6), { last_modified: last_modified + 1n });
  differs(6, ["last_modified"]);
  const { compressed_data } = await target.read(row(7));
  await target.write(row(7), { compressed_data: flipByte(compressed_data, 9) });
  differs(7, ["compressed_data"], { envelope: "damaged" });
  const [one, other] = [await target.read(row(8)), await target.read(row(9))];
  await target.write(row(8), { compressed_data: other.compressed_data });
  await target.write(row(9), { compressed_data: one.compressed_data });
  differs(8, ["compressed_data"], { envelope: "swapped" });
  differs(9, ["compressed_data"], { envelope: "swapped" });
  const [left, right] = [row(10), row(10) + 1];
  const materials = [await target.read(left), await target.read(right)];
  await target.write(left, { material_id: materials[1]?.material_id ?? 0 });
  await target.write(right, { material_id: materials[0]?.material_id ?? 0 });
  differs(10, ["material_id"]);
  planted.push({ class: "different", key: target.keyOf(right), columns: ["material_id"] });
  return planted;
}

/** Findings as plantFaults() tells them, in an order of their own. */
export function toldFindings(findings: readonly Finding[]): ExpectedFinding[] {
  return sortFindings(
    findings.map(({ class: className, level, code, columns, sourceColumns, envelope }) => ({
      ...{ class: className, key: `${level} ${code}`, columns, sourceColumns, envelope },
    })),
  );
}

/** With what an expectation leaves out. */
export function expectedFindings(planted: readonly ExpectedFinding[]): ExpectedFinding[] {
  return sortFindings(
    planted.map((finding) => ({ columns: [], sourceColumns: [], envelope: null, ...finding })),
  );
}

function sortFindings(findings: readonly ExpectedFinding[]): ExpectedFinding[] {
  return [...findings].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Values of a layout's key columns, in their order. */
export function keyValues(layout: Layout, key: string): bigint[] {
  const [level = "", text = ""] = key.split(" ");
  const code = BigInt(text);
  if (layout === "node") return [code, BigInt(level)];
  return [BigInt(level), code >> 15n, code & 0x7fffn];
}

/** `column = value AND …` of a row, as SQLite and CQL both take it. */
export function keyCondition(layout: Layout, key: string): string {
  const { partitionKey, clusteringKey } = rowTables[layout];
  const values = keyValues(layout, key);
  return [...partitionKey, ...clusteringKey]
    .map((name, i) => `${name} = ${values[i]}`)
    .join(" AND ");
}

/** Literals of values; a blob by `blob`. */
export function literals(
  values: Partial<StoredValues>,
  blob: (hex: string) => string,
): (readonly [name: string, text: string])[] {
  return valueColumns.flatMap(({ name }) => {
    const value = values[name];
    if (value === undefined) return [];
    if (value === null) return [[name, "NULL"] as const];
    return [[name, typeof value === "string" ? blob(value) : String(value)] as const];
  });
}
