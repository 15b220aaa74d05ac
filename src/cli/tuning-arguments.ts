import type { Command } from "commander";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { SinkTuning } from "../sink/sink-tuning.js";

/** Flags of every command that writes into a cluster. */
export interface TuningFlags {
  readonly plainDriver?: true;
  readonly maxInflight?: string;
  readonly protectP99?: string;
  readonly outageTimeout?: string;
}

const MAX_REQUESTS = 32_768;
const MAX_P99_MS = 60_000;
const MAX_OUTAGE_SECONDS = 7 * 86_400;

export function addTuningOptions(command: Command): Command {
  return command
    .option("--max-inflight <n>", "Cassandra: requests on the way to a node at most (adapts below)")
    .option("--protect-p99 <ms>", "Cassandra: slow down while live reads' p99 is above this")
    .option("--outage-timeout <s>", "Cassandra: how long to wait for nodes (default: 600)")
    .option("--plain-driver", "Cassandra: the driver's public functions only; slower");
}

/** @throws OctoloadError USAGE */
export function parseTuning(flags: TuningFlags): SinkTuning {
  const { plainDriver, maxInflight, protectP99, outageTimeout } = flags;
  const requests = parseNumber("--max-inflight", maxInflight, "whole requests", 1, MAX_REQUESTS);
  const p99Ms = parseNumber("--protect-p99", protectP99, "milliseconds", 0.1, MAX_P99_MS);
  const outage = parseNumber("--outage-timeout", outageTimeout, "seconds", 0, MAX_OUTAGE_SECONDS);
  return {
    ...(plainDriver === undefined ? {} : { plainDriver }),
    ...(requests === undefined ? {} : { maxInFlightRequests: requests }),
    ...(p99Ms === undefined ? {} : { protectP99Ms: p99Ms }),
    ...(outage === undefined ? {} : { outageTimeoutMs: outage * 1000 }),
  };
}

function parseNumber(
  name: string,
  text: string | undefined,
  unit: string,
  min: number,
  max: number,
): number | undefined {
  if (text === undefined) return undefined;
  const pattern = unit.startsWith("whole") ? /^\d+$/ : /^\d+(\.\d+)?$/;
  const number = pattern.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new OctoloadError(
    "USAGE",
    `${name} must be ${unit} from ${min} to ${max}, got ${describeValue(text)}`,
  );
}
