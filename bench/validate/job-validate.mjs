// A whole validation: node job-validate.mjs SOURCE URL RUN_DIR FOLDER
import { validate } from "../../dist/validate/validate.js";
import { printCost } from "../load/process-cost.mjs";

const [source = "", to = "", run = "", validationDir = ""] = process.argv.slice(2);

await printCost(async () => {
  const result = await validate({ sources: [source], to, run, validationDir, full: true });
  if (result.exitCode !== 0)
    throw new Error(`the target differs: ${JSON.stringify(result.checks)}`);
  const stagesMs = Object.fromEntries(
    result.stages.map(({ name, elapsedMs }) => [name, elapsedMs]),
  );
  return { rows: result.rows?.equal ?? 0, stagesMs };
});
