import { type Frame, frames } from "../encoding/frame.js";
import { codesOfStatus, outsideAxes } from "../encoding/row-status.js";
import { type ErrorCode, errorEntry } from "../errors/codes.js";

export interface RowFault {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What is wrong with a row that was not encoded. `point`: its coordinates, where they are known. */
export function describeRowFault(
  status: number,
  frame: Frame,
  point: readonly unknown[],
): RowFault {
  const code = codesOfStatus(status)[0] ?? "INTERNAL";
  const { cause } = errorEntry(code);
  if (code !== "OUT_OF_FRAME") return { code, message: cause };
  const axes = outsideAxes(status).join(", ");
  return {
    code,
    message: `The point (${point.map(String).join(", ")}) is outside the frame ${frame.name} on ${axes}.${frameHint(frame, point)}`,
  };
}

/** A built-in frame that would hold the point. */
function frameHint(frame: Frame, point: readonly unknown[]): string {
  const holding = Object.values(frames).find(
    (other) => other.name !== frame.name && holds(other, point),
  );
  return holding === undefined ? "" : ` The frame ${holding.name} would hold it.`;
}

function holds({ min, size }: Frame, point: readonly unknown[]): boolean {
  return point.every((value, axis) => {
    const number = typeof value === "bigint" ? Number(value) : value;
    if (typeof number !== "number") return false;
    const t = (number - (min[axis] ?? 0)) / (size[axis] ?? 1);
    return t >= 0 && t <= 1;
  });
}
