import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { encodeCall, runCall, runCallOnPool } from "../../src/encoding/morton-call.js";
import {
  decode,
  decodeAsync,
  decodeEnvelopes,
  decodeEnvelopesAsync,
  decodeTiles,
  decodeTilesAsync,
  encode,
  encodeAsync,
  encodeEnvelopes,
  encodeEnvelopesAsync,
  encodeTiles,
  encodeTilesAsync,
  frames,
  tileTokens,
  tileTokensAsync,
  tokens,
  tokensAsync,
  trainDictionary,
  trainDictionaryAsync,
  ValuePacker,
} from "../../src/index.js";
import { engines } from "../support/kernels.js";
import { plain } from "../support/plain.js";
import { rejectionOf } from "../support/rejection-of.js";
import { runProgram } from "../support/run-program.js";

const rows = 10_000;
const axis = (step: number) => Float64Array.from({ length: rows }, (_, i) => i * step - 10.1e6);
const points = { x: axis(2e3), y: axis(2.1e3), z: axis(1.9e3) };
const level = Uint8Array.from({ length: rows }, (_, i) => i % 28);
const frame = frames.bluemarble;
const whole = encode(points, level);
const split = encodeTiles(points, level);

const packer = new ValuePacker();
const texts = Array.from({ length: rows }, (_, i) => `{"row":${i},"sensor":"north","ok":true}`);
const metadata = packer.column(texts);
const envelopeRows = { ...points, ...split, level, metadata, bytes: packer.bytes() };
const envelopes = encodeEnvelopes(envelopeRows);
let end = 0;
const samples = {
  bytes: Buffer.from(texts.join("")),
  offsets: Uint32Array.from([0, ...texts.map((text) => (end += text.length))]),
};

const pairs: readonly [string, () => unknown, () => Promise<unknown>][] = [
  ["encode", () => encode(points, level), () => encodeAsync(points, level)],
  [
    "encode of interleaved points",
    () => encode({ xyz: points.x, stride: 5 }, 7, { frame }),
    () => encodeAsync({ xyz: points.x, stride: 5 }, 7, { frame }),
  ],
  ["encodeTiles", () => encodeTiles(points, 26), () => encodeTilesAsync(points, 26)],
  [
    "decode",
    () => decode(whole.codes, level, { corner: "max", frame }),
    () => decodeAsync(whole.codes, level, { corner: "max", frame }),
  ],
  [
    "decodeTiles",
    () => decodeTiles(split.tiles, split.cells, level),
    () => decodeTilesAsync(split.tiles, split.cells, level),
  ],
  ["tokens", () => tokens(whole.codes), () => tokensAsync(whole.codes)],
  ["tileTokens", () => tileTokens(level, split.tiles), () => tileTokensAsync(level, split.tiles)],
  [
    "encodeEnvelopes",
    () => encodeEnvelopes(envelopeRows, { frame }),
    () => encodeEnvelopesAsync(envelopeRows, { frame }),
  ],
  [
    "decodeEnvelopes",
    () => decodeEnvelopes({ ...split, level, ...envelopes }),
    () => decodeEnvelopesAsync({ ...split, level, ...envelopes }),
  ],
  [
    "trainDictionary",
    () => trainDictionary(samples)?.bytes,
    async () => (await trainDictionaryAsync(samples))?.bytes,
  ],
];

describe("on the pool", () => {
  it.each(pairs)("%s gives what it gives at once", async (_name, atOnce, onPool) => {
    const expected = plain(atOnce());
    expect(expected).toBeDefined();
    expect(plain(await onPool())).toEqual(expected);
    const several = await Promise.all([onPool(), onPool(), onPool()]);
    expect(several.map(plain)).toEqual([expected, expected, expected]);
  });

  it.each(engines)("kernel $name works as at once", async ({ on }) => {
    const made = await runCallOnPool(on, encodeCall(points, level, {}));
    expect(plain(made)).toEqual(plain(runCall(on, encodeCall(points, level, {}))));
    expect(plain(made)).toEqual(plain(whole));
  });

  it("fills the outputs it is given", async () => {
    const out = { codes: new BigUint64Array(rows), status: new Uint8Array(rows) };
    const made = await encodeAsync(points, level, { out });
    expect(made.codes).toBe(out.codes);
    expect(plain(out)).toEqual(plain({ codes: whole.codes, status: whole.status }));
  });

  it("takes empty batches", async () => {
    const none = new Float64Array(0);
    expect(await encodeAsync({ x: none, y: none, z: none }, 1)).toMatchObject({ rejected: 0 });
    expect(await tokensAsync(new BigUint64Array(0))).toHaveLength(0);
  });

  it("refuses by a rejection, never by a throw", async () => {
    const wrong = [] as never;
    const refused = [
      encodeAsync(wrong, 1),
      encodeTilesAsync(points, -1),
      decodeAsync(wrong, 1),
      decodeTilesAsync(split.tiles, new Uint16Array(1), 26),
      tokensAsync(wrong),
      tileTokensAsync(99, split.tiles),
      encodeEnvelopesAsync({ ...envelopeRows, x: wrong }),
      decodeEnvelopesAsync({ ...split, level, bytes: wrong, offsets: new Uint32Array(1) }),
      trainDictionaryAsync(samples, { maxBytes: 0 }),
    ];
    const codes = (await Promise.all(refused.map(rejectionOf))).map(({ code }) => code);
    expect(codes).toEqual([
      ...["ARG_TYPE", "LEVEL_INVALID", "ARG_TYPE", "ARG_LENGTH", "ARG_TYPE", "LEVEL_INVALID"],
      ...["ARG_TYPE", "ARG_TYPE", "ARG_RANGE"],
    ]);
  });

  it("leaves the event loop turning", async () => {
    const x = new Float64Array(2 ** 22);
    const done = { yet: false };
    const job = encodeAsync({ x, y: x, z: x }, 21).then((batch) => {
      done.yet = true;
      return batch;
    });
    let turns = 0;
    while (!done.yet) {
      await nextTurn();
      if (!done.yet) turns += 1;
    }
    expect(turns).toBeGreaterThan(0);
    expect((await job).rejected).toBe(0);
  });

  it("survives that its buffers are transferred away and collected", async () => {
    const { exitCode, signal, stdout, stderr } = await runProgram("transfer-storm", {
      nodeOptions: ["--expose-gc"],
    });
    expect({ exitCode, signal }, stderr).toEqual({ exitCode: 0, signal: null });
    expect(stdout).toMatch(/^540 jobs, \d+ refused\n$/);
  });
});
