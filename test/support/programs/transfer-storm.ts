// Takes the memory of running jobs away: every buffer of a job is transferred
// to an owner that drops it at once, and the garbage collector runs meanwhile.
// A job may lose its result by that, no more. Needs --expose-gc.
import {
  Dictionary,
  decodeAsync,
  decodeEnvelopesAsync,
  encodeAsync,
  encodeEnvelopesAsync,
  encodeTilesAsync,
  makeDecodedRows,
  OctoloadError,
  tileTokensAsync,
  tokensAsync,
  trainDictionaryAsync,
} from "../../../src/index.js";

const rounds = 60;
const rows = 20_000;
const text = Buffer.from('{"sensor":"north","quality":"good"}'.repeat(200));
const dictionary = new Dictionary(1, text.subarray(0, 1000));

const numbers = Float64Array.from({ length: rows }, (_, i) => i);
const slots = BigUint64Array.from({ length: rows }, (_, i) => BigInt(i % 5000) | (100n << 32n));
const doubles = () => numbers.slice();
const words = () => new BigUint64Array(rows);
const bytes = () => new Uint8Array(rows);
const column = () => ({ kinds: bytes().fill(3), slots: slots.slice() });

function envelopeInput() {
  const pack = { bytes: new Uint8Array(text), metadata: column(), id: { ...column(), kinds: 1 } };
  const [x, y, z, codes, level] = [doubles(), doubles(), doubles(), words(), bytes()];
  return { x, y, z, codes, level, ...pack };
}
const envelopeOutput = () => ({
  bytes: new Uint8Array(400 * rows),
  offsets: new Uint32Array(rows + 1),
  status: bytes(),
});

interface Job {
  /** Everything the job works on. */
  readonly held: object;
  run(): Promise<unknown>;
}

const preparers: readonly (() => Job)[] = [
  () => {
    const held = { x: doubles(), y: doubles(), z: doubles(), level: bytes() };
    return { held, run: () => encodeAsync(held, held.level) };
  },
  () => {
    const held = { xyz: new Float64Array(3 * rows) };
    const out = { tiles: words(), cells: new Uint16Array(rows), status: bytes() };
    return { held: { held, out }, run: () => encodeTilesAsync(held, 26, { out }) };
  },
  () => {
    const held = { codes: words(), x: doubles(), y: doubles(), z: doubles(), status: bytes() };
    return { held, run: () => decodeAsync(held.codes, 21, { out: held }) };
  },
  () => {
    const held = { keys: words(), out: new BigInt64Array(rows) };
    return { held, run: () => tokensAsync(held.keys, held) };
  },
  () => {
    const held = { levels: bytes(), tiles: words() };
    return { held, run: () => tileTokensAsync(held.levels, held.tiles) };
  },
  () => {
    const held = envelopeInput();
    return { held, run: () => encodeEnvelopesAsync(held, { dictionary }) };
  },
  () => {
    const held = envelopeInput();
    const out = envelopeOutput();
    return { held: { held, out }, run: () => encodeEnvelopesAsync(held, { dictionary, out }) };
  },
  () => {
    const held = { codes: words(), level: bytes(), ...envelopeOutput() };
    const out = makeDecodedRows(rows, 1_000_000, 1);
    const options = { dictionaries: [dictionary], out };
    return { held: { held, out }, run: () => decodeEnvelopesAsync(held, options) };
  },
  () => {
    const held = { bytes: new Uint8Array(text), offsets: Uint32Array.of(0, 35, 70, 105, 7000) };
    return { held, run: () => trainDictionaryAsync(held) };
  },
];

function buffersOf(value: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) return [value.buffer as ArrayBuffer];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(buffersOf);
}

/** Waits for some turns of the event loop, so that jobs are met at different stages. */
async function pass(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const long = new Float64Array(2 ** 20);

/** Work for all threads of the pool, so that what follows has to wait. */
function occupyPool(): Promise<unknown>[] {
  return Array.from({ length: 4 }, () => encodeAsync({ x: long, y: long, z: long }, 21));
}

/** Whether a job came to its end, or said what had become of its memory. */
async function outcomeOf(job: Promise<unknown>): Promise<boolean> {
  try {
    await job;
    return true;
  } catch (error) {
    if (error instanceof OctoloadError && error.code === "ARG_DETACHED") return false;
    throw error;
  }
}

/** Loses the memory of one job of each kind, after so many turns. How many said so. */
async function loseAll(turns: number): Promise<number> {
  const jobs = preparers.map((prepare) => prepare());
  const busy = occupyPool();
  const outcomes = jobs.map((job) => outcomeOf(job.run()));
  await pass(turns);
  for (const { held } of jobs) structuredClone(null, { transfer: [...new Set(buffersOf(held))] });
  globalThis.gc?.();
  await Promise.all(busy);
  return (await Promise.all(outcomes)).filter((done) => !done).length;
}

if (globalThis.gc === undefined) throw new Error("run with --expose-gc");
let refused = 0;
for (let round = 0; round < rounds; round += 1) refused += await loseAll(round % 3);
console.log(`${rounds * preparers.length} jobs, ${refused} refused`);
