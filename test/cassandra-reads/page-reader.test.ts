import { errors } from "cassandra-driver";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CqlRow,
  type FetchPage,
  type PageQuery,
  PageReader,
} from "../../src/cassandra/page-reader.js";
import { PageSize } from "../../src/cassandra/page-size.js";
import { rejectionOf } from "../support/rejection-of.js";
import { runs } from "../support/seed.js";

const timeout = () => new errors.OperationTimedOutError("no answer", "127.0.0.1");

/** A table of the numbers from 0, of which a query reads those from one up to another. */
function queryOf(from: number, to: number): PageQuery {
  const middle = Math.floor((from + to) / 2);
  return {
    cql: "",
    params: [from, to],
    what: "reading numbers",
    halves: () => [queryOf(from, middle), queryOf(middle, to)],
  };
}

/** Answers as a server does, but for what `fails` says. */
function serverOf(fails: (query: PageQuery, fetchSize: number) => Error | undefined): FetchPage {
  return async (query, fetchSize, pageState) => {
    const failure = fails(query, fetchSize);
    if (failure !== undefined) throw failure;
    const [from, to] = query.params.map(Number) as [number, number];
    const start = pageState === undefined ? from : Number(pageState);
    const end = Math.min(to, start + fetchSize);
    const rows = Array.from({ length: Math.max(0, end - start) }, (_, i) => ({ n: start + i }));
    return { rows, next: end < to ? String(end) : undefined };
  };
}

async function numbersOf(pages: AsyncIterable<readonly CqlRow[]>, size: PageSize) {
  const numbers: unknown[] = [];
  for await (const rows of pages) {
    size.saw(rows.length, 0);
    numbers.push(...rows.map(({ n }) => n));
  }
  return numbers;
}

function read(
  fetch: FetchPage,
  count: number,
  { signal, attempts = 7 }: { signal?: AbortSignal; attempts?: number } = {},
): Promise<unknown[]> {
  const size = new PageSize(1 << 20);
  const reader = new PageReader(fetch, { attempts, firstPauseMs: 0 });
  return numbersOf(reader.pages(queryOf(0, count), size, signal), size);
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("PageReader", () => {
  it("reads each row once, in order, whatever fails now and then", async () => {
    const fates = fc.infiniteStream(fc.integer({ min: 0, max: 9 }));
    await fc.assert(
      fc.asyncProperty(fates, fc.integer({ min: 0, max: 3000 }), async (stream, count) => {
        const isUnlucky = () => stream.next().value < 3;
        const numbers = await read(
          serverOf(() => (isUnlucky() ? timeout() : undefined)),
          count,
          { attempts: 100 },
        );
        expect(numbers).toEqual(upTo(count));
      }),
      runs(40),
    );
  });

  it("asks for fewer rows where many do not come in time", async () => {
    const sizes: number[] = [];
    const numbers = await read(
      serverOf((_query, fetchSize) => {
        sizes.push(fetchSize);
        return fetchSize > 100 ? timeout() : undefined;
      }),
      2000,
    );
    expect(numbers).toEqual(upTo(2000));
    expect(Math.max(...sizes)).toBeGreaterThan(100);
    expect(sizes.length).toBeLessThan(200);
  });

  it("asks for half of the range where not even a first page comes", async () => {
    const tooWide = ({ params: [from = 0, to = 0] }: PageQuery) => Number(to) - Number(from) > 300;
    const numbers = await read(
      serverOf((query) => (tooWide(query) ? timeout() : undefined)),
      2000,
    );
    expect(numbers).toEqual(upTo(2000));
  });

  it("asks for fewer rows, or half of the range, where a node gives up over tombstones", async () => {
    // Between any two of these numbers lies one tombstone, and a page may meet a hundred.
    const giveUp = () => new errors.ResponseError(0x1300, "tombstones");
    const ofPages = serverOf((_query, fetchSize) => (fetchSize > 100 ? giveUp() : undefined));
    expect(await read(ofPages, 2000)).toEqual(upTo(2000));
    const ofRanges = serverOf(({ params: [from = 0, to = 0] }) => {
      return Number(to) - Number(from) > 300 ? giveUp() : undefined;
    });
    expect(await read(ofRanges, 2000)).toEqual(upTo(2000));
    const error = await rejectionOf(read(serverOf(giveUp), 10));
    expect(error.code).toBe("CASSANDRA_FAILED");
  });

  it("gives up where nothing helps", async () => {
    let calls = 0;
    const error = await rejectionOf(
      read(
        serverOf(() => {
          calls++;
          return timeout();
        }),
        2000,
      ),
    );
    expect(error.code).toBe("CASSANDRA_TIMEOUT");
    expect(error.fault).toMatch(/^reading numbers: /);
    expect(calls).toBeLessThan(40);
  });

  it("repeats nothing that the server refuses", async () => {
    let calls = 0;
    const refusal = new errors.ResponseError(0x2200, "no such column");
    const refused = read(
      serverOf(() => {
        calls++;
        return refusal;
      }),
      10,
    );
    expect((await rejectionOf(refused)).code).toBe("CASSANDRA_REFUSED");
    expect(calls).toBe(1);
  });

  it("stops when it is aborted", async () => {
    const controller = new AbortController();
    const fetch = serverOf(() => {
      controller.abort(new Error("enough"));
      return undefined;
    });
    await expect(read(fetch, 3000, { signal: controller.signal })).rejects.toThrow("enough");
  });
});

describe("PageSize", () => {
  it("goes by the sizes of rows", () => {
    const size = new PageSize(1 << 20);
    expect(size.rows).toBeLessThanOrEqual(16);
    for (let i = 0; i < 10; i++) size.saw(size.rows, size.rows * 100);
    expect(size.rows).toBeGreaterThan(2000);
    size.saw(10, 10 << 20);
    expect(size.rows).toBe(1);
    size.saw(0, 0);
    expect(size.rows).toBe(1);
  });

  it("shrinks at once and grows again step by step", () => {
    const size = new PageSize(1 << 20);
    for (let i = 0; i < 10; i++) size.saw(size.rows, 0);
    const before = size.rows;
    size.shrink();
    const after = size.rows;
    expect(after).toBeLessThan(before / 2);
    size.saw(after, 0);
    expect(size.rows).toBeLessThanOrEqual(2 * after);
    for (let i = 0; i < 20; i++) size.shrink();
    expect(size.rows).toBe(1);
  });
});
