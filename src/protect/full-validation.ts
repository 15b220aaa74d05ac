import { validate } from "../validate/validate.js";
import type { Validate } from "./protect-options.js";

/** A protected run's validation: every row of a target, against the source as its run took it. */
export const fullValidation: Validate = async (request, hooks) => {
  const { runDir, to, validationDir, load, env } = request;
  const { sources, sourceName, table, columns, where, levels, limit, coerceText, frame } = load;
  const taken = { sources, sourceName, table, columns, where, levels, limit, coerceText, frame };
  const { exitCode, rows, checks } = await validate(
    {
      ...defined(taken),
      ...{ to, validationDir, full: true, run: runDir },
      ...(env === undefined ? {} : { env }),
    },
    {
      ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
      ...(hooks.onNote === undefined ? {} : { onNote: hooks.onNote }),
      onProgress: (progress) => hooks.onValidation?.(progress.rows, progress.total),
    },
  );
  const found = checks
    .filter(({ check }) => check === "rows")
    .flatMap(({ findings }) => Object.values(findings))
    .reduce((sum, count) => sum + count, 0);
  return { exitCode, validationDir, rows: rows?.source ?? 0, found };
};

function defined<T extends Record<string, unknown>>(
  values: T,
): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}
