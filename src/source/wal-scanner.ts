import { closeSync, openSync, readSync, statSync } from "node:fs";

/** How far a write-ahead log is committed; equal ones hold the same changes. */
export interface WalPosition {
  /** Both salts, hexadecimal: new ones each time the log starts over. */
  readonly salts: string;
  /** Frames up to the last that ends a transaction. */
  readonly frames: number;
  /** That frame's checksum, which covers all before it. Hexadecimal. */
  readonly checksum: string;
}

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/**
 * Finds the last committed frame of a database's write-ahead log (SQLite's file format, section 4),
 * looking each time only at frames that are new.
 *
 * The log, unlike the database, may be opened and closed at will: SQLite holds no locks on it.
 */
export class WalScanner {
  readonly #path: string;
  #seen = "";
  #position: WalPosition | null = null;

  /** @param databasePath a real path */
  constructor(databasePath: string) {
    this.#path = `${databasePath}-wal`;
  }

  /** null: there is no log, or nothing committed in it. */
  position(): WalPosition | null {
    const found = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (found === undefined) return null;
    const seen = `${found.ino} ${found.size} ${found.mtimeNs}`;
    if (seen !== this.#seen) this.#scan();
    this.#seen = seen;
    return this.#position;
  }

  #scan(): void {
    const log = openSync(this.#path, "r");
    try {
      this.#position = lastCommit(log, this.#position);
    } finally {
      closeSync(log);
    }
  }
}

function lastCommit(log: number, known: WalPosition | null): WalPosition | null {
  const header = readAt(log, 0, HEADER_BYTES);
  if (header === undefined) return null;
  const pageBytes = header.readUInt32BE(8);
  const salts = header.toString("hex", 16, 24);
  // Within the same salts a committed frame is never written again.
  let position = known?.salts === salts ? known : null;
  for (let index = position?.frames ?? 0; ; index += 1) {
    const at = HEADER_BYTES + index * (FRAME_HEADER_BYTES + pageBytes);
    const frame = readAt(log, at, FRAME_HEADER_BYTES);
    if (frame === undefined || frame.toString("hex", 8, 16) !== salts) return position;
    const endsTransaction = frame.readUInt32BE(4) > 0;
    if (endsTransaction) {
      position = { salts, frames: index + 1, checksum: frame.toString("hex", 16, 24) };
    }
  }
}

function readAt(file: number, at: number, bytes: number): Buffer | undefined {
  const buffer = Buffer.alloc(bytes);
  return readSync(file, buffer, 0, bytes, at) === bytes ? buffer : undefined;
}
