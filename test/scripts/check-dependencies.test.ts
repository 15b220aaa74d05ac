import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const checker = fileURLToPath(new URL("../../scripts/check-dependencies.mjs", import.meta.url));

/** A tree that keeps every rule and has what each rule must not take for a breach. */
const lawful = {
  "src/errors/errors.ts": '/** import "../cli/main.js" */\nexport const name = "../cli/main.js";\n',
  "src/native/load.ts":
    'import { createRequire } from "node:module";\nconst file = "../octoload.node";\n',
  "src/encoding/encode.ts": 'import { load } from "../native/load.js";\n',
  "src/sink/sink.ts": 'import type { Encode } from "../encoding/encode.js";\n',
  "src/cli/main.ts": 'import { Command } from "commander";\nawait import("../sink/sink.js");\n',
  "src/index.ts": '// The library.\nexport { encode } from "./encoding/encode.js";\n',
  "native/common/frame.h": "#include <cstdint>\n",
  "native/morton/scalar.cpp": '#include "../common/frame.h"\n#include "kernel.h"\n',
  "native/morton/kernel.h": "#include <immintrin.h>\n",
  "native/envelope/envelope.cpp": '#include <lz4.h>\n#include "../morton/kernel.h"\n',
  "native/addon/module.cpp": '#include <napi.h>\n#include "../envelope/envelope.cpp"\n',
};

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "octoload-dependencies-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function check(changes: Record<string, string>): { code: number | null; faults: string } {
  for (const [path, text] of Object.entries({ ...lawful, ...changes })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const { status, stderr } = spawnSync(process.execPath, [checker, root], { encoding: "utf8" });
  return { code: status, faults: stderr };
}

describe("check-dependencies", () => {
  it("accepts a tree that keeps the rules", () => {
    expect(check({})).toEqual({ code: 0, faults: "" });
  });

  it.each([
    ["a lower layer using a higher one", "src/errors/a.ts", 'import "../encoding/encode.js";'],
    ["a sink using a source", "src/sink/a.ts", 'import { x } from "../source/source.js";'],
    ["a use of the command line", "src/load/a.ts", 'import { x } from "../cli/main.js";'],
    ["the index using the command line", "src/index.ts", 'export { x } from "./cli/main.js";'],
    ["an import over several lines", "src/sink/a.ts", 'import {\n  x,\n} from "../load/run.js";'],
    ["an import at run time", "src/sink/a.ts", 'const x = await import("../load/run.js");'],
    ["a package", "src/encoding/a.ts", 'import { Command } from "commander";'],
    ["a file outside src", "src/encoding/a.ts", 'import { x } from "../../bench/main.js";'],
    ["the addon loaded elsewhere", "src/encoding/a.ts", 'const file = "octoload.node";'],
    ["code in the index", "src/index.ts", "export const version = 1;"],
    ["a folder without a rule", "src/misc/a.ts", "export const x = 1;"],
    ["common including morton", "native/common/a.h", '#include "../morton/kernel.h"'],
    ["token including morton", "native/token/a.h", '#include "../morton/kernel.h"'],
    ["the same by its path from native/", "native/token/a.h", '#include "morton/kernel.h"'],
    ["a kernel including Node", "native/morton/a.cpp", "#include <node_api.h>"],
    ["a kernel including V8", "native/envelope/a.cpp", "#include <v8-isolate.h>"],
    ["LZ4 outside the envelope", "native/morton/a.cpp", "#include <lz4.h>"],
  ])("names the line of %s", (_what, path, text) => {
    const { code, faults } = check({ [path]: `${text}\n` });
    expect(code).toBe(1);
    expect(faults.split("\n")[0]).toContain(`${path}:`);
  });

  it("names a cycle of files, also one of types", () => {
    const { code, faults } = check({
      "src/errors/a.ts": 'import { b } from "./b.js";\n',
      "src/errors/b.ts": 'import type { A } from "./a.js";\n',
    });
    expect(code).toBe(1);
    expect(faults).toContain("cycle: src/errors/a.ts -> src/errors/b.ts -> src/errors/a.ts");
  });
});
