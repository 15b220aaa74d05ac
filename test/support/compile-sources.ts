import { buildTypeScript, isTypeScriptStale } from "../../scripts/build-ts.mjs";

/** Before any test: dist/ as the sources are now. */
export async function setup(): Promise<void> {
  if (isTypeScriptStale()) await buildTypeScript();
}
