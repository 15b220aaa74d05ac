import { createHash } from "node:crypto";
import { OctoloadError } from "../errors/octoload-error.js";

/**
 * The rows that a load sends where it does not send all: those named by file and rowid, and those
 * inside, around or of the cells (native/load/row_selection.h).
 */
export interface RowSelection {
  /** Numbers of files, one a named row. */
  readonly files: Uint32Array;
  readonly rowids: BigInt64Array;
  /** One a cell: code >> 15, code & 0x7fff, level. */
  readonly tiles: BigUint64Array;
  readonly cells: Uint16Array;
  readonly levels: Uint8Array;
}

const parts = ["files", "rowids", "tiles", "cells", "levels"] as const;

/** Nothing at all. */
export function emptySelection(): RowSelection {
  return {
    files: new Uint32Array(),
    rowids: new BigInt64Array(),
    tiles: new BigUint64Array(),
    cells: new Uint16Array(),
    levels: new Uint8Array(),
  };
}

/** As JSON can hold it: each array's bytes in base64. */
export type StoredSelection = Readonly<Record<(typeof parts)[number], string>>;

export function storeSelection(selection: RowSelection): StoredSelection {
  const stored = parts.map((part) => [part, bytesOf(selection[part]).toString("base64")] as const);
  return Object.fromEntries(stored) as Record<(typeof parts)[number], string>;
}

/** @throws OctoloadError RUN_OTHER where it is not what storeSelection() made */
export function restoreSelection(stored: unknown): RowSelection {
  const bytes = new Map(parts.map((part) => [part, storedBytes(stored, part)]));
  const buffer = (part: (typeof parts)[number], size: number) => {
    const found = bytes.get(part) ?? new Uint8Array();
    if (found.length % size === 0) return Uint8Array.from(found).buffer;
    throw notStored();
  };
  return {
    files: new Uint32Array(buffer("files", 4)),
    rowids: new BigInt64Array(buffer("rowids", 8)),
    tiles: new BigUint64Array(buffer("tiles", 8)),
    cells: new Uint16Array(buffer("cells", 2)),
    levels: new Uint8Array(buffer("levels", 1)),
  };
}

/** SHA-256, hexadecimal. */
export function digestSelection(selection: RowSelection): string {
  const hash = createHash("sha256");
  for (const part of parts)
    hash.update(`${selection[part].length};`).update(bytesOf(selection[part]));
  return hash.digest("hex");
}

function bytesOf({ buffer, byteOffset, byteLength }: RowSelection[(typeof parts)[number]]): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function storedBytes(stored: unknown, part: string): Uint8Array {
  const text = (stored as Readonly<Record<string, unknown>> | null | undefined)?.[part];
  if (typeof text === "string") return Buffer.from(text, "base64");
  throw notStored();
}

function notStored(): OctoloadError {
  return new OctoloadError("RUN_OTHER", "the run's own record of its rows is not what it wrote");
}
