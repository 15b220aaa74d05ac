import type { Layout } from "../../src/encoding/layout.js";
import type { Row } from "./row-batches.js";

/** A request as a server reads it: CQL binary protocol v4, sections 2, 4.1.6 and 4.1.7. */
export interface Request {
  readonly version: number;
  readonly flags: number;
  readonly stream: number;
  readonly kind: "BATCH" | "EXECUTE";
  /** Of a BATCH. */
  readonly type: number | undefined;
  /** Hexadecimal, one a row. */
  readonly ids: readonly string[];
  readonly rows: readonly Row[];
  readonly consistency: number;
  readonly options: number;
  readonly timestamp: bigint;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError("beyond the frame's end");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
  byte(): number {
    return this.take(1).readUInt8();
  }
  short(): number {
    return this.take(2).readUInt16BE();
  }
  int(): number {
    return this.take(4).readInt32BE();
  }
  long(): bigint {
    return this.take(8).readBigInt64BE();
  }
  shortBytes(): Buffer {
    return this.take(this.short());
  }
  /** @returns undefined: not set */
  value(width?: number): Buffer | null | undefined {
    const length = this.int();
    if (length === -2) return undefined;
    if (length === -1) return null;
    if (width !== undefined && length !== width) throw new RangeError(`${length}, not ${width}`);
    return this.take(length);
  }
  given(width?: number): Buffer {
    const value = this.value(width);
    if (value === undefined || value === null) throw new RangeError("a value is missing");
    return value;
  }
  finish(): void {
    if (this.#at !== this.#bytes.length) throw new RangeError("bytes are left over");
  }
}

export function parseFrame(frame: Uint8Array, layout: Layout): Request {
  const reader = new Reader(frame);
  const [version, flags, stream] = [reader.byte(), reader.byte(), reader.short()];
  const [opcode, length] = [reader.byte(), reader.int()];
  if (length !== frame.length - 9) throw new RangeError(`${length} bytes of ${frame.length - 9}`);
  const head = { version, flags, stream };
  if (opcode === 0x0a) return { ...head, ...parseExecute(reader, layout) };
  if (opcode === 0x0d) return { ...head, ...parseBatch(reader, layout) };
  throw new RangeError(`opcode ${opcode}`);
}

type Body = Omit<Request, "version" | "flags" | "stream">;

function parseExecute(reader: Reader, layout: Layout): Body {
  const ids = [reader.shortBytes().toString("hex")];
  const [consistency, options] = [reader.short(), reader.byte()];
  const rows = [parseRow(reader, layout)];
  const timestamp = reader.long();
  reader.finish();
  return { kind: "EXECUTE", type: undefined, ids, rows, consistency, options, timestamp };
}

function parseBatch(reader: Reader, layout: Layout): Body {
  const [type, count] = [reader.byte(), reader.short()];
  const ids: string[] = [];
  const rows: Row[] = [];
  for (let i = 0; i < count; i += 1) {
    if (reader.byte() !== 1) throw new RangeError("not a prepared statement");
    ids.push(reader.shortBytes().toString("hex"));
    rows.push(parseRow(reader, layout));
  }
  const [consistency, options, timestamp] = [reader.short(), reader.byte(), reader.long()];
  reader.finish();
  return { kind: "BATCH", type, ids, rows, consistency, options, timestamp };
}

function parseRow(reader: Reader, layout: Layout): Row {
  const values = reader.short();
  if (values !== (layout === "node" ? 7 : 8)) throw new RangeError(`${values} values`);
  return { ...parseKey(reader, layout), ...parseColumns(reader) };
}

function parseKey(reader: Reader, layout: Layout): Pick<Row, "level" | "code"> {
  if (layout === "node") {
    const code = reader.given(8).readBigInt64BE();
    return { code, level: reader.given(1).readInt8() };
  }
  const level = reader.given(1).readInt8();
  const tile = reader.given(8).readBigInt64BE();
  return { level, code: tile * 32_768n + BigInt(reader.given(2).readInt16BE()) };
}

function parseColumns(reader: Reader): Omit<Row, "level" | "code"> {
  const material = reader.value(4);
  return {
    material: material === undefined || material === null ? material : material.readInt32BE(),
    homogeneity: reader.given(4).readFloatBE(),
    mask: reader.given(1).readInt8() & 0xff,
    envelope: Uint8Array.from(reader.given()),
    lastModified: reader.given(8).readBigInt64BE(),
  };
}
