import type { FrameSpec } from "../dist/encoding/frame.js";

/** Numbers in [0, 1) from a seed: SplitMix64's output of 53 bits. */
export function randomNumbers(seed: bigint): () => number {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return Number((z ^ (z >> 31n)) >> 11n) * 2 ** -53;
  };
}

export interface PointColumns {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly z: Float64Array;
}

/** Points spread evenly over a frame. */
export function randomPoints(count: number, frame: FrameSpec, seed: bigint): PointColumns {
  const next = randomNumbers(seed);
  const axis = (i: 0 | 1 | 2) =>
    Float64Array.from({ length: count }, () => frame.min[i] + frame.size[i] * next());
  return { x: axis(0), y: axis(1), z: axis(2) };
}

const materials = ["water", "granite", "basalt", "sand", "clay", "ice", "soil", "asphalt"];
const sources = ["lidar", "sonar", "satellite", "survey"];
const tags = ["coast", "cliff", "urban", "shelf", "ridge", "river", "forest", "field"];

/** One node's metadata as services write it: 120 bytes of JSON on average. */
export function metadataJson(next: () => number): string {
  const pick = (from: readonly string[]) => from[Math.floor(next() * from.length)] ?? "";
  const month = String(1 + Math.floor(next() * 12)).padStart(2, "0");
  return JSON.stringify({
    material: pick(materials),
    roughness: Math.round(next() * 1000) / 1000,
    source: `${pick(sources)}-${2015 + Math.floor(next() * 10)}-${month}`,
    tags: [pick(tags), pick(tags)],
    quality: Math.floor(next() * 5),
    tile: Math.floor(next() * 1e6),
    v: 2,
  });
}
