import { type FrameHandle, nativeAddon } from "../native/addon.js";
import { Frame, type FrameSpec, frames } from "./frame.js";

const handles = new WeakMap<Frame, FrameHandle>();

/** The addon's side of a frame (centred when left out), made once a frame. */
export function frameHandle(spec: FrameSpec = frames.centred): FrameHandle {
  const frame = Frame.from(spec);
  let handle = handles.get(frame);
  if (handle === undefined) {
    handle = nativeAddon().createFrame(frame.values);
    handles.set(frame, handle);
  }
  return handle;
}
