import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The command, as it was compiled. */
export const octoloadMain = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

const execute = promisify(execFile);

/**
 * Runs a command to its end.
 *
 * @param env added to this process's environment
 * @returns what it printed
 * @throws {Error} with its stderr where it did not exit with 0
 */
export async function octoload(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const options = { env: { ...process.env, ...env } };
  return (await execute(process.execPath, [octoloadMain, ...args], options)).stdout;
}
