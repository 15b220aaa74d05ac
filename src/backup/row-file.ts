import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { type CellRow, encodedBound, encodeRow, RowReader } from "./cell-row.js";
import { writeAll } from "./disk-files.js";
import type { BackupFile } from "./manifest.js";
import {
  BLOCK_BYTES,
  type BlockHead,
  damagedBlock,
  decodeBlock,
  decodeHead,
  encodeBlock,
  encodeEnd,
  FILE_MAGIC,
  HEADER_BYTES,
} from "./row-blocks.js";

/** Writes the file of a target's rows. */
export class RowFileWriter {
  readonly #name: string;
  readonly #file: FileHandle;
  readonly #hash = createHash("sha256");
  #block = Buffer.allocUnsafe(BLOCK_BYTES + (BLOCK_BYTES >> 2));
  #used = 0;
  #blockRows = 0;
  #blocks = 0;
  #rows = 0;
  #bytes = 0;

  private constructor(name: string, file: FileHandle) {
    this.#name = name;
    this.#file = file;
  }

  /** @throws the system's own errors */
  static async create(path: string, name: string): Promise<RowFileWriter> {
    const writer = new RowFileWriter(name, await open(path, "wx", 0o600));
    await writer.#append(FILE_MAGIC);
    return writer;
  }

  async write(rows: readonly CellRow[]): Promise<void> {
    for (const row of rows) {
      const bound = encodedBound(row);
      if (this.#used + bound > this.#block.length) await this.#endBlock(bound);
      this.#used = encodeRow(row, this.#block, this.#used);
      this.#blockRows += 1;
      this.#rows += 1;
    }
  }

  /** The file is on the disk when this returns. */
  async finish(): Promise<BackupFile> {
    await this.#endBlock(0);
    await this.#append(encodeEnd(this.#blocks, this.#rows));
    await this.#file.sync();
    await this.#file.close();
    return { name: this.#name, bytes: this.#bytes, sha256: this.#hash.digest("hex") };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** @param bytes that the next row needs */
  async #endBlock(bytes: number): Promise<void> {
    if (this.#blockRows > 0) {
      const raw = this.#block.subarray(0, this.#used);
      await this.#append(await encodeBlock(this.#blocks, this.#blockRows, raw));
      this.#blocks += 1;
    }
    this.#used = 0;
    this.#blockRows = 0;
    if (bytes > this.#block.length) this.#block = Buffer.allocUnsafe(bytes);
  }

  async #append(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    await writeAll(this.#file, bytes);
    this.#bytes += bytes.length;
  }
}

/** How far a file was read. */
export type RowFileWatch = (bytes: number) => void;

/**
 * The rows of a file, a block at a time; every block is checked before a row of it is given out.
 *
 * @throws OctoloadError BACKUP_DAMAGED, naming the block
 */
export async function* readRowFile(
  path: string,
  watch: RowFileWatch = () => undefined,
): AsyncGenerator<CellRow[], void> {
  const file = await open(path, "r");
  try {
    const magic = await readBytes(file, 0, FILE_MAGIC.length);
    if (!magic.equals(FILE_MAGIC)) throw damagedBlock(path, 0, "the file does not begin as one");
    let at = FILE_MAGIC.length;
    let rows = 0;
    for (let number = 0; ; number++) {
      const head = decodeHead(path, number, await readBytes(file, at, HEADER_BYTES));
      const block = await readBytes(file, at, HEADER_BYTES + head.storedBytes);
      const raw = await decodeBlock(path, head, block);
      at += block.length;
      watch(at);
      if (head.kind === "end") {
        await requireEnd({ path, file, at, rows, head });
        return;
      }
      const batch = rowsOf(path, head, raw);
      rows += batch.length;
      yield batch;
    }
  } finally {
    await file.close();
  }
}

interface FileEnd {
  readonly path: string;
  readonly file: FileHandle;
  readonly at: number;
  readonly rows: number;
  readonly head: BlockHead;
}

async function requireEnd({ path, file, at, rows, head }: FileEnd): Promise<void> {
  const { size } = await file.stat();
  if (size !== at) throw damagedBlock(path, head.number, `${size - at} bytes stand after the end`);
  if (rows >>> 0 === head.rows) return;
  throw damagedBlock(path, head.number, `the blocks hold ${rows} rows, the end says ${head.rows}`);
}

function rowsOf(path: string, { number, rows }: BlockHead, raw: Buffer): CellRow[] {
  const reader = new RowReader(raw);
  const batch: CellRow[] = [];
  try {
    while (!reader.isAtEnd) batch.push(reader.next());
  } catch (error) {
    throw damagedBlock(path, number, error instanceof Error ? error.message : String(error));
  }
  if (batch.length === rows) return batch;
  throw damagedBlock(path, number, `it holds ${batch.length} rows, its head says ${rows}`);
}

/** Fewer where the file ends. */
async function readBytes(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  let read = 0;
  while (read < bytes) {
    const { bytesRead } = await file.read(buffer, read, bytes - read, at + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return buffer.subarray(0, read);
}
