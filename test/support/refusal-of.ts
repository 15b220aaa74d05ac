import { OctoloadError } from "../../src/errors/octoload-error.js";

/** The OctoloadError that an action throws; fails where it throws anything else or nothing. */
export function refusalOf(act: () => unknown): OctoloadError {
  try {
    act();
  } catch (error) {
    if (error instanceof OctoloadError) return error;
    throw error;
  }
  throw new Error("expected an OctoloadError, but nothing was thrown");
}
