import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/errors/codes.js";
import { OctoloadError } from "../../src/errors/octoload-error.js";
import {
  type GenerateOptions,
  type GenerateProgress,
  generate,
} from "../../src/generate/generate.js";
import { EarthFiles, query, rowsOf } from "./earth-files.js";

const files = new EarthFiles();
afterAll(() => files.remove());

async function expectRefusal(options: GenerateOptions, code: ErrorCode, text: RegExp) {
  const error: unknown = await generate(options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OctoloadError);
  expect(error).toMatchObject({ code });
  expect(String(error)).toMatch(text);
}

function leftovers(): string[] {
  return readdirSync(files.folder).filter((name) => name.includes(".tmp-"));
}

describe("generate()", () => {
  it("builds the same file in its own thread", async () => {
    const path = files.newPath();
    const result = await generate({ path, nodes: 1234, seed: 4 });
    const here = files.build({ nodes: 1234, seed: 4 });
    expect(result).toEqual({ ...here, path });
    expect(readFileSync(path).equals(readFileSync(here.path))).toBe(true);
  });

  it("reports how far it is", async () => {
    const seen: GenerateProgress[] = [];
    await generate({ path: files.newPath(), nodes: 60_000 }, { onProgress: (p) => seen.push(p) });
    expect(seen.length).toBeGreaterThan(0);
    for (const { nodes, done, elapsedMs } of seen) {
      expect(nodes).toBe(60_000);
      expect(done).toBeGreaterThanOrEqual(0);
      expect(elapsedMs).toBeGreaterThan(0);
    }
  });

  it("stops when its signal says so, and leaves nothing", async () => {
    const path = files.newPath();
    const controller = new AbortController();
    const reason = new Error("enough");
    const call = generate(
      { path, nodes: 50_000_000, order: "shuffled" },
      { signal: controller.signal, onProgress: () => controller.abort(reason) },
    );
    await expect(call).rejects.toBe(reason);
    expect(existsSync(path)).toBe(false);
    expect(leftovers()).toEqual([]);
  });

  it("does not start with a signal that was aborted before", async () => {
    const path = files.newPath();
    const signal = AbortSignal.abort(new Error("never mind"));
    await expect(generate({ path, nodes: 10 }, { signal })).rejects.toThrow("never mind");
    expect(existsSync(path)).toBe(false);
  });
});

describe("the output file", () => {
  it("is not replaced unless that is asked for", async () => {
    const path = files.newPath();
    writeFileSync(path, "precious");
    await expectRefusal({ path, nodes: 9 }, "OUTPUT_EXISTS", /exists/);
    expect(readFileSync(path, "utf8")).toBe("precious");
    await generate({ path, nodes: 9, overwrite: true });
    expect(rowsOf(path)).toHaveLength(9);
  });

  it("is not mistaken for a crashed one of the same name", async () => {
    const path = files.newPath();
    writeFileSync(`${path}-wal`, "stale");
    await expectRefusal({ path, nodes: 9 }, "OUTPUT_EXISTS", /-wal exists/);
    await generate({ path, nodes: 9, overwrite: true });
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(query(path, "PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
  });

  it("needs a folder that exists and a name that is no folder", async () => {
    const folder = join(files.folder, "folder");
    mkdirSync(folder);
    const missing = join(files.folder, "missing", "earth.gpkg");
    await expectRefusal({ path: missing, nodes: 9 }, "OUTPUT_FAILED", /missing does not exist/);
    await expectRefusal({ path: folder, nodes: 9, overwrite: true }, "OUTPUT_FAILED", /regular/);
    expect(leftovers()).toEqual([]);
  });

  it("fails with a code where nothing can be written", async () => {
    await expectRefusal(
      { path: "/proc/earth.gpkg", nodes: 9 },
      "OUTPUT_FAILED",
      /cannot be written/,
    );
  });
});

describe("options", () => {
  const path = join(files.folder, "refused.gpkg");
  it.each<[string, Partial<GenerateOptions>, RegExp]>([
    ["no node", { nodes: 0 }, /nodes must be an integer from 1 to 1000000000, got 0/],
    ["part of a node", { nodes: 1.5 }, /nodes .* got 1\.5/],
    ["too many nodes", { nodes: 1e9 + 1 }, /nodes .* got 1000000001/],
    [
      "more nodes than cells",
      { nodes: 74, maxLevel: 2 },
      /levels 0 to 2 has at most 73 nodes, got 74/,
    ],
    ["a negative seed", { seed: -1 }, /seed .* got -1/],
    ["a level too deep", { maxLevel: 27 }, /maxLevel .* from 0 to 26, got 27/],
    ["no path", { path: "" }, /path must be the path of a file, got ""/],
  ])("refuses %s", async (_name, options, text) => {
    await expectRefusal({ path, nodes: 9, ...options }, "GENERATE_OPTIONS", text);
    expect(existsSync(path)).toBe(false);
  });
});
