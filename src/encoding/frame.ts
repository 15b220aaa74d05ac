import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";

/** One number an axis, in the order x, y, z. */
export type Triple = readonly [number, number, number];

/** 0 is x, 1 is y, 2 is z. */
export type Axis = 0 | 1 | 2;

export const axes: readonly Axis[] = [0, 1, 2];
export const axisNames = ["x", "y", "z"] as const;

/** A world frame in plain data, as a frame file and a target's meta table hold it. */
export interface FrameSpec {
  readonly name: string;
  /** Lowest corner in metres. */
  readonly min: Triple;
  /** Extent in metres, above 0 on every axis. */
  readonly size: Triple;
}

const MAX_NAME_LENGTH = 100;

const builtInSpecs: readonly FrameSpec[] = [
  { name: "centred", min: [-20e6, -10e6, -10e6], size: [40e6, 20e6, 20e6] },
  { name: "bluemarble", min: [0, 0, 0], size: [40_075_020, 20_037_510, 20_000_000] },
];

/**
 * A world frame: the box that the one cell of level 0 fills.
 *
 * Immutable, and valid once it exists: a name of 1 to 100 printable characters
 * (a built-in frame's name only with that frame's values), finite corners, and
 * a size above 0 that leaves `min + size` finite and above `min`.
 */
export class Frame implements FrameSpec {
  readonly name: string;
  readonly min: Triple;
  readonly size: Triple;

  /** @throws OctoloadError FRAME_INVALID, naming the field, the axis and what came. */
  constructor(spec: FrameSpec) {
    const { name, min, size } = requireObject(spec);
    this.name = parseName(name);
    this.min = parseTriple("min", min);
    this.size = parseTriple("size", size);
    requireBox(this);
    requireOwnName(this);
    Object.freeze(this);
  }

  /** The frame of a spec; a Frame is returned as it is. */
  static from(spec: FrameSpec): Frame {
    return spec instanceof Frame ? spec : new Frame(spec);
  }

  /**
   * min x, y, z, then size x, y, z: the form native code takes. Each call makes
   * a new array, so that writing to one changes no frame.
   */
  get values(): Float64Array {
    return Float64Array.of(...this.min, ...this.size);
  }

  toJSON(): FrameSpec {
    return { name: this.name, min: this.min, size: this.size };
  }
}

/** The built-in frames; `centred` is the default everywhere. */
export const frames = Object.freeze({
  centred: new Frame(builtInSpec("centred")),
  bluemarble: new Frame(builtInSpec("bluemarble")),
});

/** Whether two frames have the same name and the same six numbers. */
export function framesEqual(a: FrameSpec, b: FrameSpec): boolean {
  return a.name === b.name && axes.every((i) => a.min[i] === b.min[i] && a.size[i] === b.size[i]);
}

/**
 * Says why a coordinate is not in a frame, for OUT_OF_FRAME messages: axis,
 * value, allowed interval and frame.
 */
export function describeOutside(frame: FrameSpec, axis: Axis, value: number): string {
  const name = axisNames[axis];
  const low = frame.min[axis];
  const high = low + frame.size[axis];
  const allowed = `frame "${frame.name}" reaches from ${low} to ${high} metres`;
  if (Number.isNaN(value)) return `${name} is not a number (NaN); ${allowed}`;
  const fault = `${name} = ${describeValue(value)} is outside: ${allowed}`;
  if (value < low || value > high) return fault;
  // The rule is about t in double arithmetic, where min + size may be rounded up.
  const t = (value - low) / frame.size[axis];
  return `${fault}, and (${name} - min) / size is ${t}, above 1`;
}

function builtInSpec(name: string): FrameSpec {
  const spec = builtInSpecs.find((candidate) => candidate.name === name);
  if (spec === undefined) throw new RangeError(`no built-in frame is called ${name}`);
  return spec;
}

function requireObject(spec: unknown): { name?: unknown; min?: unknown; size?: unknown } {
  if (typeof spec === "object" && spec !== null && !Array.isArray(spec)) return spec;
  throw invalid(`a frame must be an object of name, min and size, got ${describeValue(spec)}`);
}

function parseName(name: unknown): string {
  if (name === undefined) throw invalid("name is missing");
  if (typeof name === "string" && name.trim() !== "" && name.length <= MAX_NAME_LENGTH) {
    if (!/[\p{Cc}\p{Cs}]/u.test(name)) return name;
  }
  throw invalid(
    `name must be 1 to ${MAX_NAME_LENGTH} printable characters, got ${describeValue(name)}`,
  );
}

function parseTriple(field: string, value: unknown): Triple {
  if (value === undefined) throw invalid(`${field} is missing`);
  if (!Array.isArray(value) || value.length !== 3) {
    throw invalid(`${field} must be an array of three numbers, got ${describeValue(value)}`);
  }
  const at = (axis: Axis) => parseNumber(`${field}.${axisNames[axis]}`, value[axis]);
  return Object.freeze([at(0), at(1), at(2)] as const);
}

/** Adding 0 turns -0 into 0: equal frames then have equal bits, as envelope checksums need. */
function parseNumber(place: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value + 0;
  throw invalid(`${place} must be a finite number, got ${describeValue(value)}`);
}

function requireBox(frame: Frame): void {
  for (const axis of axes) {
    const min = frame.min[axis];
    const size = frame.size[axis];
    const place = `frame "${frame.name}": size.${axisNames[axis]}`;
    if (size <= 0) throw invalid(`${place} must be above 0, got ${size}`);
    const max = min + size;
    if (!Number.isFinite(max)) throw invalid(`${place} is too large: ${min} + ${size} overflows`);
    if (max === min) throw invalid(`${place} is lost in rounding: ${min} + ${size} is ${min}`);
  }
}

function requireOwnName(frame: Frame): void {
  const builtIn = builtInSpecs.find((spec) => spec.name === frame.name);
  if (builtIn === undefined || framesEqual(builtIn, frame)) return;
  throw new OctoloadError(
    "FRAME_INVALID",
    `"${frame.name}" is a built-in frame with other values: ${JSON.stringify(builtIn)}`,
    { remedy: "Give the frame a name of its own." },
  );
}

function invalid(fault: string): OctoloadError {
  return new OctoloadError("FRAME_INVALID", fault);
}
