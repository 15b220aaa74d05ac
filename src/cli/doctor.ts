import type { Command } from "commander";
import { type Diagnosis, diagnose, type KernelCheck } from "./diagnosis.js";
import { type ExitCode, exitCodeOf, exitCodes } from "./exit-codes.js";
import type { CliIo } from "./io.js";
import { alignColumns, errorReport, shortPath, writeJson } from "./output.js";

/** `octoload doctor`: what runs here, and the next step where something does not. */
export function addDoctorCommand(
  program: Command,
  io: CliIo,
  setExitCode: (code: ExitCode) => void,
): void {
  program
    .command("doctor")
    .summary("check this installation")
    .description("Show version, processor and kernels, test each kernel, and say what is wrong.")
    .option("--json", "print the findings as JSON")
    .action(({ json }: { json?: true }) => {
      const diagnosis = diagnose(io);
      if (json === true) {
        writeJson(io, { ...diagnosis, problems: diagnosis.problems.map(errorReport) });
      } else {
        io.stdout(renderDiagnosis(diagnosis));
      }
      setExitCode(exitCodeOfDiagnosis(diagnosis));
    });
}

/** The gravest problem decides. */
function exitCodeOfDiagnosis({ problems }: Diagnosis): ExitCode {
  const codes = problems.map(exitCodeOf);
  if (codes.includes(exitCodes.failure)) return exitCodes.failure;
  return codes[0] ?? exitCodes.done;
}

export function renderDiagnosis(diagnosis: Diagnosis): string {
  const parts = [renderFacts(diagnosis), renderKernels(diagnosis), renderProblems(diagnosis)];
  return parts.filter((part) => part !== "").join("\n");
}

function renderFacts({ version, node, platform, cpu, addon, frame }: Diagnosis): string {
  return alignColumns([
    ["octoload", version],
    ["node", node],
    ["platform", platform],
    ["cpu", cpu],
    ["addon", addon === null ? "not loaded" : shortPath(addon.path)],
    ["compiler", addon?.compiler ?? "unknown"],
    ["frame", frame === null ? "invalid" : `${frame.name} (${frame.origin})`],
  ]);
}

function renderKernels({ kernels, slowPdep }: Diagnosis): string {
  if (kernels.length === 0) return "";
  const rows = kernels.map((kernel) => [
    kernel.name,
    kernelState(kernel),
    selfTestResult(kernel),
    kernel.reason,
  ]);
  const table = alignColumns([["kernel", "state", "self-test", "note"], ...rows]);
  return slowPdep ? `${table}pdep and pext are slow on this processor.\n` : table;
}

function kernelState({ runnable, active }: KernelCheck): string {
  if (active) return "active";
  return runnable ? "runnable" : "not runnable";
}

function selfTestResult({ selfTest }: KernelCheck): string {
  if (selfTest === null) return "-";
  const { points, mismatches } = selfTest;
  return mismatches === 0 ? `${points} points equal` : `${mismatches} of ${points} WRONG`;
}

function renderProblems({ problems }: Diagnosis): string {
  if (problems.length === 0) return "No problems found.\n";
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const lines = problems.map(({ code, message }) => `  ${code}: ${message}\n`);
  return `${count}:\n${lines.join("")}`;
}
