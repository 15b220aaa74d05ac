/**
 * The test vectors of docs/digest.md: the rows of docs/envelope.md's, each with derived columns, and
 * their digests as this checkout makes them from the envelopes. Since the page is checked against
 * this, a change of any byte is noticed.
 */
import { Dictionary } from "../src/encoding/dictionary.js";
import { DigestSet } from "../src/encoding/digest-set.js";
import type { FrameSpec } from "../src/encoding/frame.js";
import { RowDigester } from "../src/encoding/row-digester.js";
import { makeSinkBatch, type SinkBatch } from "../src/sink/sink-batch.js";
import { renderVectors } from "./envelope-vectors.js";

interface Value {
  readonly kind: number;
  readonly value?: string;
}

/** A vector of docs/envelope.md. */
interface EnvelopeVector {
  readonly name: string;
  readonly frame: FrameSpec;
  readonly level: number;
  readonly tile: string;
  readonly cell: number;
  readonly dictionary: { readonly number: number; readonly hex: string } | null;
  readonly envelope: string;
  readonly row: Readonly<Record<RowColumn, Value>> & {
    readonly coordinates: readonly [string, string, string];
    readonly columnSet: number;
    readonly extras: readonly Value[];
  };
}

type RowColumn =
  | ("id" | "x" | "y" | "z" | "level")
  | ("material" | "density" | "metadata" | "created");

interface Beside {
  readonly materialId: number | null;
  readonly childrenMask: number;
  readonly homogeneity: number;
}

const INTEGER = 1;
const REAL = 2;
const NULL = 5;
/** Not in the order of their bytes. */
const extraNames = ["name", "Größe", "unused", "a b", "Zone", "bytes"];

export function renderDigestVectors(): string {
  const vectors = JSON.parse(renderVectors()) as readonly EnvelopeVector[];
  const made = vectors.map((vector, i) => digestOf(vector, besideOf(i)));
  const set = made.reduce((sum, { set: own }) => sum.plus(own), DigestSet.empty);
  const rows = made.map(({ row }) => JSON.stringify(row)).join(",\n");
  return `{"rows":[\n${rows}\n],\n"set":${JSON.stringify(set)}}`;
}

function besideOf(index: number): Beside {
  return {
    materialId: index % 3 === 0 ? null : 1000 * index - 5000,
    childrenMask: (index * 37) % 256,
    homogeneity: Math.fround((index + 1) / 14),
  };
}

function digestOf(vector: EnvelopeVector, beside: Beside): { row: unknown; set: DigestSet } {
  const { dictionary, frame } = vector;
  const digester = new RowDigester({
    frame,
    dictionaries:
      dictionary === null
        ? []
        : [new Dictionary(dictionary.number, Buffer.from(dictionary.hex, "hex"))],
    columnSets: [{ number: 3, columns: extraNames.map((name) => ({ name })) }],
  });
  const batch = batchOf(vector, beside);
  const { digests, bad } = digester.digestRows(batch, Uint32Array.of(0));
  if (bad > 0) throw new Error(`vector "${vector.name}" has no digest`);
  const digest = Buffer.from(digests).toString("hex");
  return { row: { ...describe(vector, beside), digest }, set: digester.digestBatch(batch) };
}

function batchOf({ envelope, tile, cell, level }: EnvelopeVector, beside: Beside): SinkBatch {
  const bytes = Buffer.from(envelope, "hex");
  const batch = makeSinkBatch(1, bytes.length);
  batch.bytes.set(bytes);
  batch.offsets[1] = bytes.length;
  batch.tiles[0] = BigInt(tile);
  batch.cells[0] = cell;
  batch.levels[0] = level;
  batch.materials[0] = beside.materialId ?? 0;
  batch.noMaterials[0] = beside.materialId === null ? 1 : 0;
  batch.masks[0] = beside.childrenMask;
  batch.homogeneities[0] = beside.homogeneity;
  return batch;
}

function describe({ name, level, tile, cell, row }: EnvelopeVector, beside: Beside) {
  const { coordinates, extras } = row;
  const { materialId, childrenMask, homogeneity } = beside;
  const material = materialId === null ? { kind: NULL } : integer(materialId);
  const axis = (key: "x" | "y" | "z", i: 0 | 1 | 2) => coordinateOf(row[key], coordinates[i]);
  return {
    name,
    level,
    code: String((BigInt(tile) << 15n) | BigInt(cell)),
    values: {
      Id: row.id,
      ...{ X: axis("x", 0), Y: axis("y", 1), Z: axis("z", 2) },
      Level: row.level.kind === INTEGER ? integer(level) : row.level,
      MaterialId: row.material.kind === INTEGER ? material : row.material,
      ...{ Density: row.density, Metadata: row.metadata, Created: row.created },
    },
    coordinates,
    materialId,
    extras: Object.fromEntries(extras.map((value, i) => [extraNames[i], value])),
    childrenMask,
    homogeneity: hex(new Uint32Array(Float32Array.of(homogeneity).buffer)[0] ?? 0, 8),
  };
}

/** The source's own value where the class is that of a number. */
function coordinateOf(original: Value, bits: string): Value {
  if (original.kind === REAL) return { kind: REAL, value: bits };
  if (original.kind !== INTEGER) return original;
  const real = new Float64Array(BigUint64Array.of(BigInt(`0x${bits}`)).buffer)[0] ?? 0;
  return { kind: INTEGER, value: String(BigInt(real)) };
}

function integer(value: number): Value {
  return { kind: INTEGER, value: String(value) };
}

function hex(bits: number, digits: number): string {
  return bits.toString(16).padStart(digits, "0");
}
