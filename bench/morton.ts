import { ZCurve } from "@thi.ng/morton";
import { frames } from "../dist/encoding/frame.js";
import { chooseEngine, type Engine } from "../dist/encoding/kernel.js";
import type { CodeArrays, PointArrays } from "../dist/encoding/morton-arrays.js";
import { decodeCall, encodeCall, runCall } from "../dist/encoding/morton-call.js";
import { type PointColumns, randomPoints } from "./data.js";
import { type Contender, measurePaired, type PairedOptions } from "./paired.js";
import { type Section, speedupLine } from "./report.js";

const POINTS = 2 ** 20;
const BATCH = 2 ** 16;
const LEVEL = 21;
/** The peer handles so few points a second that a whole pass would take minutes. */
const PEER_POINTS = 2 ** 12;

/** Bars against the scalar oracle, by kernel; for encode and decode alike. */
const oracleBars: { readonly [kernel: string]: number } = { avx512: 4, bmi2: 3, avx2: 2.5 };

interface Batch {
  readonly points: PointColumns;
  readonly codes: CodeArrays;
  readonly decoded: PointArrays;
}

/** Views of one big array each, made before the clock runs. */
function makeBatches(): Batch[] {
  const { x, y, z } = randomPoints(POINTS, frames.centred, 1n);
  const codes = new BigUint64Array(POINTS);
  const status = new Uint8Array(POINTS);
  const out = [
    new Float64Array(POINTS),
    new Float64Array(POINTS),
    new Float64Array(POINTS),
  ] as const;
  return Array.from({ length: POINTS / BATCH }, (_, i) => {
    const [from, to] = [i * BATCH, (i + 1) * BATCH];
    return {
      points: { x: x.subarray(from, to), y: y.subarray(from, to), z: z.subarray(from, to) },
      codes: { codes: codes.subarray(from, to), status: status.subarray(from, to) },
      decoded: {
        x: out[0].subarray(from, to),
        y: out[1].subarray(from, to),
        z: out[2].subarray(from, to),
        status: status.subarray(from, to),
      },
    };
  });
}

function encoder(on: Engine, name: string, batches: readonly Batch[]): Contender {
  const run = () => {
    for (const { points, codes } of batches) runCall(on, encodeCall(points, LEVEL, { out: codes }));
  };
  return { name: `encode, ${name}`, rows: POINTS, run };
}

function decoder(on: Engine, name: string, batches: readonly Batch[]): Contender {
  const run = () => {
    for (const { codes, decoded } of batches) {
      runCall(on, decodeCall(codes, LEVEL, { corner: "center", out: decoded }));
    }
  };
  return { name: `decode, ${name}`, rows: POINTS, run };
}

function copies({ addon, kernel }: Engine, batches: readonly Batch[]) {
  const copyIn = () =>
    batches.map(({ points, codes }) =>
      addon.copyIn(kernel, points.x, points.y, points.z, codes.codes, false),
    );
  const copyOut = () =>
    batches.map(({ codes, decoded }) =>
      addon.copyOut(kernel, codes.codes, decoded.x, decoded.y, decoded.z, false),
    );
  return {
    copyIn: { name: "copy, 24 bytes in and 8 out", rows: POINTS, run: copyIn },
    copyOut: { name: "copy, 8 bytes in and 24 out", rows: POINTS, run: copyOut },
  };
}

/** ZCurve takes whole indices and arrays of numbers; quantising is left out of its time. */
function peer(): Contender {
  const curve = new ZCurve(3, LEVEL);
  const { x, y, z } = randomPoints(
    PEER_POINTS,
    { name: "unit", min: [0, 0, 0], size: [1, 1, 1] },
    2n,
  );
  const cells = 2 ** LEVEL;
  const points = Array.from(x, (_, i) =>
    [x[i] ?? 0, y[i] ?? 0, z[i] ?? 0].map((t) => Math.floor(t * cells)),
  );
  let sink = 0n;
  const run = () => {
    for (const point of points) sink ^= curve.encode(point);
    return sink;
  };
  return { name: "@thi.ng/morton ZCurve(3, 21) encode", rows: PEER_POINTS, run };
}

export async function benchMorton(options: PairedOptions): Promise<Section[]> {
  const batches = makeBatches();
  const best = chooseEngine(undefined);
  const others = best.addon.kernels.filter(({ name, runnable }) => runnable && name !== "scalar");
  const { copyIn, copyOut } = copies(best, batches);
  const bestName = best.addon.kernels[best.kernel]?.name ?? "";

  const onAll = async (make: typeof encoder) => {
    const scalar = make(chooseEngine("scalar"), "scalar", batches);
    const rest = others.map(({ name }) => make(chooseEngine(name), name, batches));
    const measured = await measurePaired([scalar, ...rest], options);
    return measured.map((result, i) => {
      const kernel = others[i - 1]?.name;
      return speedupLine(result, kernel === undefined ? undefined : oracleBars[kernel]);
    });
  };

  const encodes = encoder(best, bestName, batches);
  const decodes = decoder(best, bestName, batches);
  encodes.run(); // so that decode has codes
  const againstIn = await measurePaired([copyIn, encodes], options);
  const againstOut = await measurePaired([copyOut, decodes], options);
  const againstPeer = await measurePaired([peer(), encodes], options);
  const lines = (pair: typeof againstIn, bar: number) =>
    pair.map((result, i) => speedupLine(result, i === 0 ? undefined : bar));
  return [
    {
      title: "Best kernel beside a copy of the same traffic (1 = as fast as copying)",
      lines: [...lines(againstIn, 0.5), ...lines(againstOut, 0.5)],
    },
    { title: "Kernels beside the scalar oracle: encode", lines: await onAll(encoder) },
    { title: "Kernels beside the scalar oracle: decode to centres", lines: await onAll(decoder) },
    { title: "Beside the JavaScript peer", lines: lines(againstPeer, 200) },
  ];
}
