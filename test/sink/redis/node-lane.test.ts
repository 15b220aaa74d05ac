import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReplyReader } from "../../../src/redis/reply-reader.js";
import type { LinkEvents, NodeLink } from "../../../src/redis/wire/node-link.js";
import { NodeLane } from "../../../src/sink/redis/node-lane.js";
import { type Parcel, parcelOfResends } from "../../../src/sink/redis/parcel.js";
import type { SkipReason } from "../../../src/sink/redis/skip-reason.js";
import { seed } from "../../support/seed.js";

/** A link whose other end is the test. */
class HandLink implements NodeLink {
  readonly events: LinkEvents;
  readonly written: Uint8Array[] = [];
  resets = 0;
  isFull = false;
  readonly #reader = new ReplyReader();

  constructor(events: LinkEvents) {
    this.events = events;
  }

  open(): void {
    // The test says when it is up.
  }

  write(bytes: Uint8Array): boolean {
    this.written.push(bytes);
    return !this.isFull;
  }

  reset(): void {
    this.resets += 1;
  }

  close(): void {
    // Nothing is open.
  }

  get writtenBytes(): number {
    return this.written.reduce((sum, { length }) => sum + length, 0);
  }

  answer(bytes: Uint8Array): void {
    this.events.onReplies(this.#reader.push(bytes));
  }
}

interface Tally {
  cached: number;
  older: number;
  faults: number;
  readonly skipped: Partial<Record<SkipReason, number>>;
}

function open(options: { maxInFlightBytes?: number; replyTimeoutMs?: number } = {}) {
  const tally: Tally = { cached: 0, older: 0, faults: 0, skipped: {} };
  const links: HandLink[] = [];
  const lane = new NodeLane("a:1", {
    openLink: (events) => {
      const link = new HandLink(events);
      links.push(link);
      return link;
    },
    events: {
      onSettled: ({ cached, older }) => {
        tally.cached += cached;
        tally.older += older;
      },
      onSkipped: (entries, reason) => {
        tally.skipped[reason] = (tally.skipped[reason] ?? 0) + entries;
      },
      onFault: ({ parcel, command }) => {
        tally.faults += (parcel.firstEntry[command + 1] ?? 0) - (parcel.firstEntry[command] ?? 0);
      },
    },
    options: { maxInFlightBytes: 1_000_000, replyTimeoutMs: 1000, ...options },
  });
  const [link] = links;
  if (link === undefined) throw new Error("no link was opened");
  return { lane, link, tally };
}

/** Commands of so many entries and bytes. */
function parcel(commands: readonly { readonly entries: number; readonly bytes: number }[]): Parcel {
  return parcelOfResends(
    commands.map(({ entries, bytes }) => ({ bytes: new Uint8Array(bytes), entries, attempts: 0 })),
  );
}

const one = (entries: number) => parcel([{ entries, bytes: 10 }]);

describe("a lane", () => {
  it("settles every entry once, however answers are cut", () => {
    const command = fc
      .record({ entries: fc.nat(4), bytes: fc.integer({ min: 1, max: 40_000 }) })
      .chain(({ entries, bytes }) =>
        fc.record({
          entries: fc.constant(entries),
          bytes: fc.constant(bytes),
          answer: entries === 0 ? fc.constant("+OK") : answerTo(entries),
        }),
      );
    fc.assert(
      fc.property(
        fc.array(fc.array(command, { minLength: 1, maxLength: 12 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (parcels, cuts) => {
          const { lane, link, tally } = open({ maxInFlightBytes: 100_000 });
          link.events.onUp();
          for (const commands of parcels) lane.send(parcel(commands));
          const commands = parcels.flat();
          let answered = 0;
          for (let i = 0; answered < commands.length; i++) {
            // A server answers what it has got, and no more.
            const sent = commandsIn(commands, link.writtenBytes);
            const answers = commands.slice(answered, sent).map(({ answer }) => `${answer}\r\n`);
            const text = Buffer.from(answers.join(""));
            const cut = cuts[i % cuts.length] ?? 1;
            for (let at = 0; at < text.length; at += cut) link.answer(text.subarray(at, at + cut));
            answered = sent;
          }
          expect(tally).toEqual(expectedOf(commands));
          expect(lane.queuedBytes).toBe(0);
          const bytes = commands.reduce((sum, one) => sum + one.bytes, 0);
          expect(link.writtenBytes).toBe(bytes);
        },
      ),
      { seed, numRuns: 300 },
    );
  });

  it("has no more under way than its window and a chunk", () => {
    const { lane, link } = open({ maxInFlightBytes: 100_000 });
    link.events.onUp();
    lane.send(parcel(Array.from({ length: 1000 }, () => ({ entries: 1, bytes: 1000 }))));
    expect(link.writtenBytes).toBe(130_000);
    link.answer(Buffer.from(":1\r\n".repeat(31)));
    expect(link.writtenBytes).toBe(195_000);
    expect(lane.queuedBytes).toBe(969_000);
  });

  it("waits until a full socket has drained", () => {
    const { lane, link } = open();
    link.events.onUp();
    link.isFull = true;
    lane.send(one(1));
    lane.send(one(1));
    expect(link.written).toHaveLength(1);
    link.events.onDrain();
    expect(link.written).toHaveLength(2);
  });

  it("keeps what comes before the first connection, and skips what comes without one", () => {
    const { lane, link, tally } = open();
    expect(lane.refusal(0)).toBeUndefined();
    lane.send(one(3));
    link.events.onUp();
    expect(link.written).toHaveLength(1);
    lane.send(one(2));
    link.events.onDown();
    expect(tally.skipped).toEqual({ "connection-lost": 5 });
    expect(lane.refusal(0)).toBe("node-down");
    lane.send(one(7));
    expect(tally.skipped).toEqual({ "connection-lost": 5, "node-down": 7 });
    link.events.onUp();
    expect(lane.refusal(0)).toBeUndefined();
  });

  it("gives up a node that is silent, but not for a process that was", () => {
    const { lane, link, tally } = open({ replyTimeoutMs: 1000 });
    link.events.onUp();
    lane.send(one(2));
    lane.look(0);
    // An hour in which nothing ran counts for a moment.
    lane.look(3_600_000);
    expect(link.resets).toBe(0);
    for (let ms = 3_600_000; ms < 3_602_000; ms += 100) lane.look(ms);
    expect(link.resets).toBe(1);
    expect(tally.skipped).toEqual({ timeout: 2 });
    // What comes late belongs to nothing any more.
    link.answer(Buffer.from(":2\r\n"));
    expect(tally.cached).toBe(0);
  });

  it("does not give up a node that owes nothing, or answers slowly", () => {
    const { lane, link } = open({ replyTimeoutMs: 1000 });
    link.events.onUp();
    for (let ms = 0; ms < 5000; ms += 100) lane.look(ms);
    for (let i = 0; i < 10; i++) lane.send(one(1));
    for (let ms = 5000; ms < 9000; ms += 100) {
      lane.look(ms);
      if (ms % 500 === 0) link.answer(Buffer.from(":1\r\n"));
    }
    expect(link.resets).toBe(0);
  });

  it("rests longer each time that did not help", () => {
    const { lane, link, tally } = open({ maxInFlightBytes: 5 });
    link.events.onUp();
    lane.send(one(1));
    lane.send(one(4));
    lane.rest(1000);
    expect(tally.skipped).toEqual({ "out-of-memory": 4 });
    expect(lane.refusal(1499)).toBe("out-of-memory");
    expect(lane.refusal(1500)).toBeUndefined();
    lane.rest(2000);
    expect(lane.refusal(2999)).toBe("out-of-memory");
    expect(lane.refusal(3000)).toBeUndefined();
    link.answer(Buffer.from(":1\r\n"));
    lane.rest(4000);
    expect(lane.refusal(4500)).toBeUndefined();
  });

  it("skips all it has when it is closed", () => {
    const { lane, link, tally } = open({ maxInFlightBytes: 5 });
    link.events.onUp();
    lane.send(one(1));
    lane.send(one(4));
    lane.close();
    expect(tally.skipped).toEqual({ closed: 5 });
  });
});

/** How many of the commands so many bytes are. */
function commandsIn(commands: readonly { readonly bytes: number }[], bytes: number): number {
  let rest = bytes;
  return commands.filter((command) => {
    rest -= command.bytes;
    return rest >= 0;
  }).length;
}

function answerTo(entries: number): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: entries }).map((written) => `:${written}`) },
    fc
      .array(fc.constantFrom("0", "1", "t"), { minLength: entries, maxLength: entries })
      .map((marks) => `$${entries}\r\n${marks.join("")}`),
    fc.constantFrom("-OOM command not allowed", "-MOVED 1 a:2", "-ERR something"),
    fc.constant("$-1"),
  );
}

function expectedOf(commands: readonly { readonly entries: number; readonly answer: string }[]) {
  const tally: Tally = { cached: 0, older: 0, faults: 0, skipped: {} };
  const skip = (reason: SkipReason, entries: number) => {
    if (entries > 0) tally.skipped[reason] = (tally.skipped[reason] ?? 0) + entries;
  };
  for (const { entries, answer } of commands) {
    if (entries === 0) continue;
    if (answer.startsWith(":")) {
      tally.cached += Number(answer.slice(1));
      tally.older += entries - Number(answer.slice(1));
    } else if (answer.startsWith("-")) {
      tally.faults += entries;
    } else if (answer === "$-1") {
      skip("refused", entries);
    } else {
      const marks = answer.split("\r\n")[1] ?? "";
      tally.cached += marks.split("1").length - 1;
      tally.older += marks.split("0").length - 1;
      skip("wrong-type", marks.split("t").length - 1);
    }
  }
  return tally;
}
