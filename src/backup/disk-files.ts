import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";

const CHUNK_BYTES = 1 << 20;
/** Part of the disk's free space that stays free. */
const SPARE = 1.05;

/** What tells a file's bytes from all others. */
export interface FileDigest {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Told how many bytes more were read. What it throws ends the reading. */
export type ByteWatch = (bytes: number) => void;

/** Reads a file as it is on the disk, past nothing. @throws the system's own errors */
export async function digestFile(path: string, watch: ByteWatch): Promise<FileDigest> {
  const file = await open(path, "r");
  try {
    return await digestOf(file, watch, async () => undefined);
  } finally {
    await file.close();
  }
}

/**
 * Copies a file to a new one that only its owner may read, which is on the disk when this returns.
 *
 * @throws the system's own errors, EEXIST where the new one is there
 */
export async function copyFile(from: string, to: string, watch: ByteWatch): Promise<FileDigest> {
  const source = await open(from, "r");
  try {
    const copy = await open(to, "wx", 0o600);
    try {
      const digest = await digestOf(source, watch, (chunk) => writeAll(copy, chunk));
      await copy.sync();
      return digest;
    } finally {
      await copy.close();
    }
  } finally {
    await source.close();
  }
}

async function digestOf(
  file: FileHandle,
  watch: ByteWatch,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<FileDigest> {
  const hash: Hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let bytes = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return { bytes, sha256: hash.digest("hex") };
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    await take(chunk);
    bytes += bytesRead;
    watch(bytesRead);
  }
}

/** A disk may take less than it is given. */
export async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at);
    at += bytesWritten;
  }
}

/** A folder's names are on the disk when this returns; some file systems cannot be asked for that. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

export async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** @throws OctoloadError BACKUP_NO_SPACE */
export async function requireRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  requireFree(folder, bytes, bavail * bsize);
}

/** @throws OctoloadError BACKUP_NO_SPACE */
export function requireFree(folder: string, bytes: number, freeBytes: number): void {
  const wanted = Math.ceil(bytes * SPARE);
  if (freeBytes >= wanted) return;
  throw new OctoloadError(
    "BACKUP_NO_SPACE",
    `${wanted} bytes are needed in ${folder}, ${freeBytes} are free there`,
  );
}

/** The system's failures in octoload's words. */
export function diskFailure(path: string, error: unknown): unknown {
  if (error instanceof OctoloadError) return error;
  if (!(error instanceof Error) || !("code" in error)) return error;
  if (error.code === "ENOSPC") {
    return new OctoloadError("BACKUP_NO_SPACE", `${dirname(path)} is full`, { cause: error });
  }
  return new OctoloadError("OUTPUT_FAILED", `${path}: ${error.message}`, { cause: error });
}
