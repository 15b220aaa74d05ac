import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

/** Content of each fenced block of a language, in order. */
function blocks(language: string): string[] {
  const pattern = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm");
  return [...readme.matchAll(pattern)].map((match) => match[1] ?? "");
}

/** Runs a program with the built package as `octoload`, as an installed copy would be. */
function runScript(source: string): string {
  const folder = mkdtempSync(join(root, "build/readme-"));
  try {
    const file = join(folder, "example.mjs");
    writeFileSync(file, source);
    return execFileSync(process.execPath, [file], { encoding: "utf8", cwd: folder });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the import examples print what the README says", () => {
  const programs = blocks("js");
  const outputs = blocks("text output");
  expect(programs.length).toBeGreaterThan(0);
  expect(outputs.length).toBe(programs.length);
  for (const [i, program] of programs.entries()) expect(runScript(program)).toBe(outputs[i]);
});

test("the commands print what the README says", () => {
  const sessions = blocks("console").flatMap((block) => block.split(/^\$ /m).slice(1));
  const own = sessions.filter((session) => session.startsWith("npx octoload "));
  expect(own.length).toBeGreaterThan(2);
  for (const session of own) {
    const [command = "", ...output] = session.split("\n");
    const args = command.slice("npx octoload ".length).split(" ");
    const printed = execFileSync(process.execPath, [join(root, "dist/cli/main.js"), ...args], {
      encoding: "utf8",
    });
    expect(printed.trimEnd(), command).toBe(output.join("\n").trimEnd());
  }
});

test("the figures of the README are a whole run of the benchmark", () => {
  const figures = blocks("text").find((block) => block.startsWith("octoload encoding benchmark"));
  expect(figures).toMatch(/^octoload encoding benchmark, commit [0-9a-f]+\n/);
  expect(figures).toMatch(/^\d+ of \d+ bars met\.$/m);
});
