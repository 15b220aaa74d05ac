import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";

const units: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** A size such as 256M, 1.5G or 100000000. */
export function parseByteSize(name: string, text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([KMG]?)(?:i?B)?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * (units[unit.toUpperCase()] ?? Number.NaN));
  if (number !== "" && Number.isSafeInteger(bytes)) return bytes;
  throw new OctoloadError(
    "USAGE",
    `${name} must be a size such as 256M, got ${describeValue(text)}`,
  );
}

/** `a..b`, or one level. */
export function parseLevelRange(text: string, maxLevel: number): { min: number; max: number } {
  const [, from, to] = /^(\d{1,2})(?:\.\.(\d{1,2}))?$/.exec(text) ?? [];
  const min = Number(from);
  const max = Number(to ?? from);
  if (from !== undefined && min <= max && max <= maxLevel) return { min, max };
  throw new OctoloadError(
    "USAGE",
    `--levels must be a..b with 0 <= a <= b <= ${maxLevel}, got ${describeValue(text)}`,
  );
}

/** `i/n` of the run `runId`, which all shards name. */
export function parseShard(
  text: string,
  runId: string | undefined,
): { index: number; count: number; runId: string } {
  const [, index, count] = /^(\d{1,7})\/(\d{1,7})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  const isShard = index !== undefined && shard.index >= 1 && shard.index <= shard.count;
  if (!isShard) {
    throw new OctoloadError(
      "USAGE",
      `--shard must be i/n with 1 <= i <= n, got ${describeValue(text)}`,
    );
  }
  if (runId !== undefined && /^[\w.-]{1,100}$/.test(runId)) return { ...shard, runId };
  const fault =
    runId === undefined
      ? "--shard needs --run-id: a name of your choice, the same for every shard"
      : `--run-id must be up to 100 letters, digits, "_", "-" and ".", got ${describeValue(runId)}`;
  throw new OctoloadError("USAGE", fault);
}

/** Rows a second; null: "off". */
export function parseRate(name: string, text: string): number | null {
  if (text === "off") return null;
  const rate = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && rate > 0 && Number.isFinite(rate)) return rate;
  throw new OctoloadError(
    "USAGE",
    `${name} must be rows a second above 0, or off, got ${describeValue(text)}`,
  );
}
