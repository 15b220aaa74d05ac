import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface ProgramResult {
  /** null when a signal ended it, as a crash does. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
  readonly args?: readonly string[];
}

/** Where a program of test/support/programs/ lies. */
export function programUrl(name: string): URL {
  return new URL(`programs/${name}.ts`, import.meta.url);
}

/** Runs such a program in a process of its own, which may crash without harm. */
export function runProgram(
  name: string,
  { env = {}, nodeOptions = [], args = [] }: ProgramOptions = {},
): Promise<ProgramResult> {
  const command = ["--import", "tsx", ...nodeOptions, fileURLToPath(programUrl(name)), ...args];
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      command,
      { env: { ...process.env, ...env } },
      (_error, stdout, stderr) => {
        resolve({ exitCode: child.exitCode, signal: child.signalCode, stdout, stderr });
      },
    );
  });
}
