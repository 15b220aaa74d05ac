import { readFileSync } from "node:fs";
import { OctoloadError } from "../errors/octoload-error.js";
import { Frame, type FrameSpec, frames } from "./frame.js";

/**
 * Reads a world frame from a JSON file: `{"name": …, "min": [x,y,z], "size": [x,y,z]}`
 * in metres, UTF-8. Other fields are ignored.
 *
 * @throws OctoloadError FRAME_UNKNOWN if there is no such file; FRAME_INVALID if it cannot be
 *   read, is not JSON or describes no frame.
 */
export function loadFrameFile(path: string): Frame {
  const place = `frame file ${JSON.stringify(path)}`;
  const parsed = parseFile(path, place);
  try {
    // The constructor checks what the file holds, whatever its type.
    return new Frame(parsed as FrameSpec);
  } catch (error) {
    throw error instanceof OctoloadError ? error.within(place) : error;
  }
}

/**
 * The frame a caller means: a built-in frame's name, the path of a frame file,
 * or a frame in plain data. A built-in name wins over a file of that name
 * (`./centred` is the file).
 *
 * @throws OctoloadError FRAME_UNKNOWN, FRAME_INVALID
 */
export function resolveFrame(frame: string | FrameSpec): Frame {
  if (typeof frame !== "string") return Frame.from(frame);
  return Object.values(frames).find(({ name }) => name === frame) ?? loadFrameFile(frame);
}

function parseFile(path: string, place: string): unknown {
  const text = readText(path, place);
  try {
    // Some editors put a byte order mark in front, which JSON does not know.
    return JSON.parse(text.replace(/^\uFEFF/, "")) as unknown;
  } catch (error) {
    throw new OctoloadError("FRAME_INVALID", `${place} is not JSON: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function readText(path: string, place: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new OctoloadError(
        "FRAME_UNKNOWN",
        `${JSON.stringify(path)} is neither a built-in frame nor a file that exists`,
        { cause: error },
      );
    }
    throw new OctoloadError("FRAME_INVALID", `${place} cannot be read: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
