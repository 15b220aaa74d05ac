import type { Failure } from "./failure.js";

/** What a worker thread offers: functions of values that structured clone can carry. */
export type WorkerApi = Record<string, (...args: never[]) => unknown>;

export interface Request {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure };
