import type { NativeEntries } from "../native/resp-addon.js";

/** Columns of a table of entries: native/resp/entries.h, EntryTable. */
const TABLE_COLUMNS = 4;

/** Commands ready to be sent. All arrays lie in an EntryBuffer. */
export interface Entries {
  /** Entries, which is rows, encoded. */
  readonly count: number;
  /** Commands, which is replies to expect. */
  readonly commands: number;
  /** The commands one after another, node by node, in the order of the rows within. */
  readonly bytes: Uint8Array;
  /** Command i is bytes[offsets[i] .. offsets[i + 1]); one element more than there are commands. */
  readonly offsets: Uint32Array;
  /** Command i carries the entries firstEntries[i] .. firstEntries[i] + entriesOf[i]. */
  readonly firstEntries: Uint32Array;
  readonly entriesOf: Uint32Array;
  /** Of each entry: its row, as an index into the batch. */
  readonly rows: Uint32Array;
  /** Node n's commands are nodeCommands[n] .. nodeCommands[n + 1]. */
  readonly nodeCommands: Uint32Array;
  /** Selected rows whose slot no node owns: they are not encoded. */
  readonly ownerless: Uint32Array;
}

/**
 * Memory for the commands of one batch, kept for the next. Whoever encodes into it again
 * overwrites the entries it gave: not before all of them are answered.
 */
export class EntryBuffer {
  #bytes = new Uint8Array(0);
  #table = new Uint32Array(1);
  #nodeCommands = new Uint32Array(2);

  get bytes(): Uint8Array {
    return this.#bytes;
  }
  get table(): Uint32Array {
    return this.#table;
  }
  /** Of exactly the nodes reserved, and one. */
  get nodeCommands(): Uint32Array {
    return this.#nodeCommands;
  }

  /** Makes room for so many entries or commands, whichever are more. */
  reserve(elements: number, nodes: number): void {
    const length = TABLE_COLUMNS * elements + 1;
    if (this.#table.length < length) this.#table = new Uint32Array(length);
    if (this.#nodeCommands.length !== nodes + 1) this.#nodeCommands = new Uint32Array(nodes + 1);
  }

  /** Batches are of much the same size: a little more than asked for saves the next growth. */
  reserveBytes(byteLength: number): void {
    if (this.#bytes.length >= byteLength) return;
    const larger = Math.min(Math.ceil(byteLength * 1.125), 2 ** 32 - 1);
    this.#bytes = new Uint8Array(larger);
  }

  /** What the addon wrote. */
  entries([, , count, commands, ownerless]: NativeEntries): Entries {
    const capacity = Math.floor(this.#table.length / TABLE_COLUMNS);
    const column = (index: number, from: number, length: number) => {
      const begin = 1 + index * capacity + from;
      return this.#table.subarray(begin, begin + length);
    };
    const offsets = this.#table.subarray(0, commands + 1);
    return {
      count,
      commands,
      bytes: this.#bytes.subarray(0, offsets[commands] ?? 0),
      offsets,
      firstEntries: column(1, 0, commands),
      entriesOf: column(2, 0, commands),
      rows: column(3, 0, count),
      nodeCommands: this.#nodeCommands,
      ownerless: column(3, count, ownerless),
    };
  }
}

/** The bytes that go to one node. @throws RangeError where there is none */
export function nodeRun({ bytes, offsets, nodeCommands }: Entries, node: number): Uint8Array {
  const [first, end] = [nodeCommands[node], nodeCommands[node + 1]];
  if (first === undefined || end === undefined) {
    throw new RangeError(`node ${node} of ${nodeCommands.length - 1}`);
  }
  return bytes.subarray(offsets[first], offsets[end]);
}
