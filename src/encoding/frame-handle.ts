import { nativeAddon } from "../native/addon.js";
import type { FrameHandle } from "../native/handles.js";
import { Frame, type FrameSpec, frames, framesEqual } from "./frame.js";

interface KnownFrame {
  readonly frame: Frame;
  readonly handle: FrameHandle;
}

/** Programs have one frame, seldom two; more are made anew. */
const MAX_KNOWN = 8;
const known: KnownFrame[] = [];

/** The addon's side of a frame (centred when left out), made once for equal frames. */
export function frameHandle(spec: FrameSpec = frames.centred): FrameHandle {
  for (const { frame, handle } of known) {
    if (frame === spec || isEqual(frame, spec)) return handle;
  }
  const frame = Frame.from(spec);
  const handle = nativeAddon().createFrame(frame.values);
  known.unshift({ frame, handle });
  known.length = Math.min(known.length, MAX_KNOWN);
  return handle;
}

/** What is no frame at all equals none: Frame.from() then says what is wrong with it. */
function isEqual(frame: Frame, spec: unknown): boolean {
  if (typeof spec !== "object" || spec === null || spec instanceof Frame) return false;
  if (!("name" in spec && "min" in spec && "size" in spec)) return false;
  if (!Array.isArray(spec.min) || !Array.isArray(spec.size)) return false;
  return spec.min.length === 3 && spec.size.length === 3 && framesEqual(frame, spec as FrameSpec);
}
