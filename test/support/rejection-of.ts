import { OctoloadError } from "../../src/errors/octoload-error.js";

/** The OctoloadError that a promise is rejected with; fails on any other outcome. */
export async function rejectionOf(promise: Promise<unknown>): Promise<OctoloadError> {
  const outcome: unknown = await promise.then(
    () => "no rejection",
    (error: unknown) => error,
  );
  if (outcome instanceof OctoloadError) return outcome;
  throw new Error("expected an OctoloadError as rejection", { cause: outcome });
}
