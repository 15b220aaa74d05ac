import type { ReplyReaderHandle } from "./handles.js";

/**
 * What encodeEntries came to: code (native/resp/entries.h, Code), bytes or row it concerns, then
 * the entries and commands encoded, and the rows that no node owns.
 */
export type NativeEntries = readonly [
  code: number,
  detail: number,
  entries: number,
  commands: number,
  ownerless: number,
];

/** The addon's part of talking to Redis. */
export interface RespAddon {
  /**
   * block, begin, end, form, name, prefix, keysPerCommand, wts, ttl, selection, nodeOfSlot, nodes,
   * output, table, nodeCommands, onPool.
   *
   * form: 0 function, 1 script, 2 plain; wts: one element of eight bytes; selection and nodeOfSlot
   * are empty where there is none. The table holds four columns one after another: offsets, which
   * has one element more than the others, first entries, entries, rows.
   */
  encodeEntries(...args: readonly unknown[]): NativeEntries | Promise<NativeEntries>;
  slotOfKey(key: Uint8Array): number;

  createReplyReader(maxReplyBytes: number): ReplyReaderHandle;
  /**
   * reader, chunk, counts, onPool (never): counts, a Float64Array of eight, becomes replies, nodes,
   * bytes of text, others, sum of the integers, pending bytes, fault (native/resp/reply_reader.h,
   * ReplyFault) and its offset in the stream.
   */
  pushReplies(...args: readonly unknown[]): undefined;
  /**
   * reader, kinds, errorKinds, values, offsets, lengths, starts, others, bytes, onPool (never):
   * what the last push gave, into arrays that have room for it.
   */
  copyReplies(...args: readonly unknown[]): undefined;
}
