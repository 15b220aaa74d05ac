import { constants } from "node:os";
import type { BackfillResult } from "../backfill/backfill.js";
import type { BackfillHooks } from "../backfill/hooks.js";
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { CliIo } from "./io.js";
import { writeJson } from "./output.js";
import { renderSummary } from "./progress-summary.js";
import { createProgressView, stderrTerminal } from "./progress-view.js";

/**
 * Runs a load with its progress on stderr and its report on stdout; signals end it in order.
 * Where the load found nothing to do there is no report, and no exit code.
 */
export async function runLoad(
  isJson: boolean,
  io: CliIo,
  load: (hooks: BackfillHooks) => Promise<BackfillResult | undefined>,
): Promise<ExitCode | undefined> {
  const view = createProgressView({ terminal: stderrTerminal(io), json: isJson });
  const stop = stopOnSignals();
  try {
    const result = await load({ signal: stop.signal, onProgress: view.onEvent });
    view.close();
    if (result === undefined) return undefined;
    const { report, runDir } = result;
    if (isJson) writeJson(io, { runDir, ...report, map: undefined });
    else io.stdout(renderSummary(report, { runDir }));
    return report.exitCode as ExitCode;
  } finally {
    view.close();
    stop.release();
  }
}

/** The first signal ends the run in order; the second one at once, as a crash would. */
export function stopOnSignals(): {
  readonly signal: AbortSignal;
  readonly release: () => void;
} {
  const abort = new AbortController();
  const onSignal = () => {
    if (abort.signal.aborted) process.exit(exitCodes.interrupted);
    abort.abort();
  };
  const names = (["SIGINT", "SIGTERM"] as const).filter((name) => name in constants.signals);
  for (const name of names) process.on(name, onSignal);
  return {
    signal: abort.signal,
    release: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
