// Compiles src/ to dist/ (JavaScript, types, source maps). `npm run build:ts`.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isMain, packageCommand, packageFolder, packageRoot, readJson } from "./lib/package.mjs";
import { run, secondsSince } from "./lib/run.mjs";
import { hashInputs, listFiles, readStamp, writeStamp } from "./lib/stamp.mjs";

const stampFile = "build/typescript.stamp";

/** Whether dist/ is missing or older than src/. */
export function isTypeScriptStale() {
  return !existsSync(join(packageRoot, "dist")) || readStamp(stampFile) !== inputsHash();
}

/** Compiles src/; throws with the compiler's messages. */
export async function buildTypeScript() {
  const hash = inputsHash();
  // Else the output of a source file that is gone would stay and be published.
  rmSync(join(packageRoot, "dist"), { recursive: true, force: true });
  const { code, output } = await run(process.execPath, [
    packageCommand("typescript", "tsc"),
    "--project",
    "tsconfig.json",
  ]);
  if (code !== 0) throw new Error(`${output.trimEnd()}\n\nsrc/ does not compile; see above.`);
  writeStamp(stampFile, hash);
}

function inputsHash() {
  const files = [...listFiles("src", (path) => path.endsWith(".ts")), "tsconfig.json"];
  return hashInputs(files, [readJson(join(packageFolder("typescript"), "package.json")).version]);
}

if (isMain(import.meta.url)) {
  const startMs = performance.now();
  await buildTypeScript().then(
    () => console.log(`octoload: built dist/ in ${secondsSince(startMs)}`),
    (error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  );
}
