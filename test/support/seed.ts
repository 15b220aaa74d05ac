/** Of every property test; vary it with OCTOLOAD_TEST_SEED. */
export const seed = Number(process.env.OCTOLOAD_TEST_SEED ?? 20_240_502);

/** fast-check's settings: a failure prints the seed and the smallest case that fails. */
export function runs(numRuns: number): { readonly seed: number; readonly numRuns: number } {
  return { seed, numRuns };
}
