// Checks the C++ layout, or with --write puts it right. clang-format is the npm
// package's, so that every machine has the same version of it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { packageFolder } from "./lib/package.mjs";
import { run } from "./lib/run.mjs";
import { listFiles } from "./lib/stamp.mjs";

const notChecked = 77;

// The package's own launcher looks for globs and other copies; the program is enough.
const program = join(
  packageFolder("clang-format"),
  `bin/${process.platform}_${process.arch}/clang-format`,
);
const files = ["native", "test/native"].flatMap((folder) =>
  listFiles(folder, (path) => /\.(cpp|h)$/.test(path)),
);
const isWriting = process.argv.includes("--write");

if (existsSync(program)) {
  const mode = isWriting ? ["-i"] : ["--dry-run", "-Werror"];
  const { code, output } = await run(program, ["--style=file", ...mode, ...files]);
  if (code === 0) console.log(`${files.length} C++ files ${isWriting ? "formatted" : "checked"}`);
  else console.error(`${output}Put it right with: npm run format`);
  process.exitCode = code;
} else {
  console.log(`the clang-format package has no program for ${process.platform} ${process.arch}`);
  process.exitCode = notChecked;
}
