import type { Entries } from "../../redis/entry-buffer.js";

/** Commands for one node, in memory of their own. */
export interface Parcel {
  readonly bytes: Uint8Array;
  /** Command i is bytes[offsets[i] .. offsets[i + 1]). */
  readonly offsets: Uint32Array;
  /**
   * Command i carries the entries from firstEntry[i] to firstEntry[i + 1]. One without entries, such
   * as ASKING, has an answer that nobody waits for.
   */
  readonly firstEntry: Uint32Array;
  readonly commands: number;
  /** How often they were sent before. */
  readonly attempts: number;
}

/** One command that is to be sent again. */
export interface Resend {
  readonly bytes: Uint8Array;
  readonly entries: number;
  readonly attempts: number;
}

export function entriesOf({ firstEntry }: Parcel, begin: number, end: number): number {
  return (firstEntry[end] ?? 0) - (firstEntry[begin] ?? 0);
}

export function bytesOf({ offsets }: Parcel, begin: number, end: number): number {
  return (offsets[end] ?? 0) - (offsets[begin] ?? 0);
}

/** The commands [begin, end) of what a batch was encoded to, copied. */
export function parcelOf(entries: Entries, begin: number, end: number): Parcel {
  const offsets = entries.offsets.slice(begin, end + 1);
  const firstByte = offsets[0] ?? 0;
  // Not slice(): of a Buffer that is no copy.
  const bytes = new Uint8Array(entries.bytes.subarray(firstByte, offsets.at(-1)));
  const firstEntry = new Uint32Array(end - begin + 1);
  let count = 0;
  for (let i = 0; i < end - begin; i++) {
    offsets[i] = (offsets[i] ?? 0) - firstByte;
    firstEntry[i] = count;
    count += entries.entriesOf[begin + i] ?? 0;
  }
  offsets[end - begin] = bytes.length;
  firstEntry[end - begin] = count;
  return { bytes, offsets, firstEntry, commands: end - begin, attempts: 0 };
}

/** Commands that are sent again, each of them behind `before` where that is given. */
export function parcelOfResends(resends: readonly Resend[], before?: Uint8Array): Parcel {
  const pieces: Uint8Array[] = [];
  const offsets = [0];
  const firstEntry = [0];
  let bytes = 0;
  let entries = 0;
  const add = (piece: Uint8Array, carried: number) => {
    pieces.push(piece);
    bytes += piece.length;
    entries += carried;
    offsets.push(bytes);
    firstEntry.push(entries);
  };
  for (const resend of resends) {
    if (before !== undefined) add(before, 0);
    add(resend.bytes, resend.entries);
  }
  return {
    bytes: Buffer.concat(pieces),
    offsets: Uint32Array.from(offsets),
    firstEntry: Uint32Array.from(firstEntry),
    commands: pieces.length,
    attempts: Math.max(0, ...resends.map(({ attempts }) => attempts)),
  };
}

/** A command that no entry depends on. */
export function controlParcel(bytes: Uint8Array): Parcel {
  return parcelOfResends([{ bytes, entries: 0, attempts: 0 }]);
}
