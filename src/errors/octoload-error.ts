import { type ErrorCode, errorEntry } from "./codes.js";

export interface OctoloadErrorOptions {
  /** The error underneath, if one was caught. */
  readonly cause?: unknown;
  /** Advice for this very case, where it is better than the table's. */
  readonly remedy?: string;
  /** Something had been written before. By default false. */
  readonly isLate?: boolean;
}

/**
 * The one error class of octoload's public functions.
 *
 * `message` is complete in itself: the fault (which parameter, what was
 * expected, what came) followed by the remedy. Programs test `code`.
 */
export class OctoloadError extends Error {
  readonly code: ErrorCode;
  readonly #fault: string;
  readonly #remedy: string;
  /** Something had been written before. */
  readonly isLate: boolean;

  /** `fault` is one clause or sentence about the case at hand, without advice. */
  constructor(code: ErrorCode, fault: string, options: OctoloadErrorOptions = {}) {
    const remedy = options.remedy ?? errorEntry(code).remedy;
    super(`${asSentence(fault)} ${remedy}`, "cause" in options ? { cause: options.cause } : {});
    this.code = code;
    this.isLate = options.isLate ?? false;
    this.#fault = fault;
    this.#remedy = remedy;
  }

  /** The case at hand alone, as the constructor got it: the beginning of `message`. */
  get fault(): string {
    return this.#fault;
  }

  /** What to do about it: the end of `message`. */
  get remedy(): string {
    return this.#remedy;
  }

  /** The same error, saying which setting, file or parameter it concerns. */
  within(place: string): OctoloadError {
    return new OctoloadError(this.code, `${place}: ${this.#fault}`, {
      cause: this,
      remedy: this.#remedy,
    });
  }

  /** The same error, of a command that had written something before: its exit code says so. */
  late(): OctoloadError {
    const options = { cause: this, remedy: this.#remedy, isLate: true };
    return new OctoloadError(this.code, this.#fault, options);
  }

  override get name(): string {
    return "OctoloadError";
  }
}

function asSentence(fault: string): string {
  return /[.!?]$/.test(fault) ? fault : `${fault}.`;
}
