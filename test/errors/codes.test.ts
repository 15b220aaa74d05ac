import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type ErrorEntry, errorEntry, errorTable } from "../../src/errors/codes.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const entries: readonly ErrorEntry[] = errorTable;

describe("error table", () => {
  it("names every code once, in UPPER_SNAKE", () => {
    const codes = entries.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
  });

  it("gives every code a cause and a remedy in whole sentences", () => {
    for (const { code, cause, remedy } of entries) {
      expect(cause, code).toMatch(/^[A-Z].{20,}\.$/);
      expect(remedy, code).toMatch(/^[A-Z].{20,}\.$/);
    }
  });

  it("finds an entry by its code", () => {
    for (const entry of errorTable) expect(errorEntry(entry.code)).toBe(entry);
  });

  it("is what docs/errors.md shows", () => {
    const page = readFileSync(`${root}docs/errors.md`, "utf8");
    const rows = page.split("\n").filter((line) => line.startsWith("| `"));
    expect(rows).toHaveLength(entries.length);
    execFileSync(process.execPath, ["--import", "tsx", "scripts/generate-docs.ts", "--check"], {
      cwd: root,
    });
  });
});
