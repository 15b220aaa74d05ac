import { existsSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import type { LoadSettings } from "../load/load-settings.js";
import type { SortOrder } from "../load/order-key.js";
import type { RunFile } from "../load/run-file.js";
import { estimateSpillBytes } from "../load/spill-estimate.js";
import type { Sink } from "../sink/sink.js";
import { type BegunRun, SPILL_FOLDER } from "./begin-run.js";

/**
 * Checks before a run sorts anything that its directory has room for that.
 *
 * @throws OctoloadError RUN_DISK_FULL, saying how much is needed
 */
export async function requireRoom(
  { runDir, settings }: BegunRun,
  { source, redriveOf }: RunFile,
  sinks: readonly Sink[],
): Promise<void> {
  // A resumed run has part of it already; what it lacks shows when it is written.
  if (existsSync(join(runDir, SPILL_FOLDER))) return;
  const rows = source.files.reduce((sum, file) => sum + file.rows, 0);
  // A redrive sorts all keys, but few whole rows.
  const read = redriveOf === undefined ? source.files : [];
  const orders = sortOrdersOf(settings, sinks);
  await requireFree(runDir, settings.memoryBytes, { rows, bytes: bytesOf(read) }, orders);
}

/**
 * Checks that a folder has room for sorting rows in these orders.
 *
 * @throws OctoloadError RUN_DISK_FULL, saying how much is needed
 */
export async function requireFree(
  folder: string,
  memoryBytes: number,
  { rows, bytes }: { readonly rows: number; readonly bytes: number },
  orders: readonly SortOrder[],
): Promise<void> {
  const needed = await estimateSpillBytes(memoryBytes, rows, bytes, orders);
  const free = await freeBytes(folder);
  if (free >= needed) return;
  throw new OctoloadError(
    "RUN_DISK_FULL",
    `sorting ${rows} rows takes up to ${needed} bytes in ${folder}, ${free} are free there`,
  );
}

/** The orders that rows, or only what is derived for them, are sorted in. */
export function sortOrdersOf(
  { order }: Pick<LoadSettings, "order">,
  sinks: readonly Pick<Sink, "order">[],
): readonly SortOrder[] {
  return order === "source" ? [order] : [...new Set(sinks.map((sink) => sink.order))];
}

/** How many cursors of one order read at the same time, of the order with most. */
export function cursorsAtOnce(
  { cursors }: Pick<RunFile, "cursors">,
  sinks: readonly Pick<Sink, "order">[],
): number {
  const sums = new Map<string, number>();
  for (const [i, { order }] of sinks.entries()) {
    sums.set(order, (sums.get(order) ?? 0) + (cursors[i] ?? 1));
  }
  return Math.max(1, ...sums.values());
}

/** Sizes of a source's files. */
export function bytesOf(files: readonly { readonly path: string }[]): number {
  return files.reduce((sum, { path }) => sum + sizeOf(path), 0);
}

/** What the disk of a folder has left. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
