import { requireClockWithin } from "../../src/cassandra/clock.js";
import * as product from "../../src/cassandra/write-time.js";
import { OctoloadError } from "../../src/errors/octoload-error.js";
import type { Command, RowValues } from "./commands.js";
import {
  type MergedRow,
  type Mutation,
  merge,
  nothing,
  rowOf,
  type VisibleRow,
  visible,
} from "./merge-rule.js";

/** The product's rules; a test puts a wrong one in place of one of them. */
export type Rules = Pick<
  typeof product,
  "claimWriteTime" | "dualWriteOn" | "dualWriteOff" | "resetT0" | "liveWriteTime" | "pruneTable"
> & { readonly requireNotPruned: typeof product.requireNotPruned };

interface Run {
  readonly claim: product.WriteTimeClaim;
  readonly rows: readonly (readonly [key: number, values: RowValues])[];
  /** Claims and live writes before a reset are beaten by all that come after it. */
  readonly generation: number;
  position: number;
}

/** A write or delete that reached the table, and its place in the order that has to result. */
export interface Sent {
  readonly key: number;
  readonly mutation: Mutation;
  /** The row as this leaves it, were it the last; null: no row. */
  readonly meant: VisibleRow;
  readonly rank: Rank;
}

/** Compared part by part; says nothing about timestamps. */
export type Rank = readonly [generation: number, isLive: 0 | 1, number: number];

/**
 * Loaders and live writers at one table, each with its own clock, over the product's rules for
 * write timestamps and over Cassandra's merge rule.
 */
export class Simulation {
  readonly sent: Sent[] = [];
  readonly table = new Map<number, MergedRow>();
  refusals = 0;
  /** The latest prune that went to its end. */
  lastPrune: { readonly runNumber: bigint; readonly keys: ReadonlySet<number> } | null = null;
  readonly #rules: Rules;
  #nowUs = 1_700_000_000_000_000n;
  #times = product.noWriteTimes;
  #tableRuns = product.noTableRuns;
  readonly #runs: Run[] = [];
  readonly #rowLastUs = new Map<number, bigint>();
  #liveWrites = 0;

  constructor(rules: Rules = product) {
    this.#rules = rules;
  }

  do(command: Command): void {
    try {
      this.#do(command);
    } catch (error) {
      if (!(error instanceof OctoloadError)) throw error;
      this.refusals++;
    }
  }

  visibleRows(): Map<number, VisibleRow> {
    return new Map([...this.table].map(([key, row]) => [key, visible(row)]));
  }

  #do(command: Command): void {
    switch (command.kind) {
      case "wait":
        this.#nowUs += command.us;
        break;
      case "foreign":
        this.#foreign(command.key, command.values);
        break;
      case "run":
        this.#beginRun(command.rows, command.skewUs);
        break;
      case "send":
        this.#send(this.#pickRun(command.run), command.rows);
        break;
      case "crash":
        this.#crash(this.#pickRun(command.run), command.rows);
        break;
      case "prune":
        this.#prune(this.#pickRun(command.run));
        break;
      case "live":
        this.#live(command);
        break;
      default:
        this.#change(command.kind, command.skewUs);
    }
  }

  #pickRun(number: number): Run | undefined {
    return this.#runs[number % Math.max(1, this.#runs.length)];
  }

  /** Somebody else's row, from before octoload knew the table, and by more than clocks differ. */
  #foreign(key: number, values: RowValues): void {
    if (this.#times.runs > 0n || this.#times.t0 !== null || this.#times.resets > 0n) return;
    const mutation: Mutation = { kind: "insert", timeUs: this.#nowUs, values };
    this.#apply({ key, mutation, meant: values, rank: [-1, 0, this.sent.length] });
    this.#nowUs += product.MAX_CLOCK_SPREAD_US;
  }

  #beginRun(rows: Run["rows"], skewUs: bigint): void {
    const nowUs = this.#clock(skewUs);
    const isTableEmpty = [...this.visibleRows().values()].every((row) => row === null);
    const facts = { nowUs, table: this.#tableRuns, isTableEmpty };
    const { times, claim } = this.#rules.claimWriteTime(this.#times, facts);
    this.#times = times;
    this.#tableRuns = { ...this.#tableRuns, hasRun: true };
    this.#runs.push({ claim, rows, generation: Number(times.resets), position: 0 });
  }

  #send(run: Run | undefined, count: number): void {
    if (run === undefined) return;
    this.#rules.requireNotPruned(this.#tableRuns, run.claim.runNumber);
    for (const [key, values] of run.rows.slice(run.position, run.position + count)) {
      const { material_id } = values;
      const isUnset = run.claim.isFirst && material_id === null;
      const { writeTimeUs: timeUs } = run.claim;
      const cells = isUnset ? { children_mask: values.children_mask } : values;
      this.#apply({
        key,
        mutation: { kind: "insert", timeUs, values: cells },
        meant: values,
        rank: rankOf(run),
      });
    }
    run.position = Math.min(run.rows.length, run.position + count);
  }

  /** Its checkpoint is that far behind what it sent. */
  #crash(run: Run | undefined, rows: number): void {
    if (run !== undefined) run.position = Math.max(0, run.position - rows);
  }

  #prune(run: Run | undefined): void {
    if (run === undefined || run.position < run.rows.length) return;
    this.#tableRuns = this.#rules.pruneTable(this.#tableRuns, run.claim.runNumber);
    const keys = new Set(run.rows.map(([key]) => key));
    for (const [key, row] of this.visibleRows()) {
      if (row === null || keys.has(key)) continue;
      const mutation: Mutation = { kind: "delete", timeUs: run.claim.writeTimeUs };
      this.#apply({ key, mutation, meant: null, rank: rankOf(run) });
    }
    this.lastPrune = { runNumber: run.claim.runNumber, keys };
  }

  #live({ key, values, skewUs }: Extract<Command, { kind: "live" }>): void {
    if (this.#times.t0 === null) return;
    const timeUs = this.#rules.liveWriteTime({
      nowUs: this.#nowUs + skewUs,
      t0Us: this.#times.t0.us,
      rowLastUs: this.#rowLastUs.get(key) ?? null,
    });
    this.#rowLastUs.set(key, timeUs);
    const mutation: Mutation =
      values === null ? { kind: "delete", timeUs } : { kind: "insert", timeUs, values };
    this.#liveWrites++;
    const rank: Rank = [Number(this.#times.resets), 1, this.#liveWrites];
    this.#apply({ key, mutation, meant: values, rank });
  }

  #change(kind: "on" | "off" | "reset", skewUs: bigint): void {
    const nowUs = this.#clock(skewUs);
    if (kind === "on") this.#times = this.#rules.dualWriteOn(this.#times, nowUs);
    if (kind === "off") this.#times = this.#rules.dualWriteOff(this.#times);
    // The waiting: writes that were stamped before the services were stopped are over.
    if (kind === "reset" && this.#times.t0 !== null) {
      this.#times = this.#rules.resetT0(this.#times, nowUs);
    }
  }

  #clock(skewUs: bigint): bigint {
    const localUs = this.#nowUs + skewUs;
    requireClockWithin({ sentUs: localUs, receivedUs: localUs, serverUs: this.#nowUs });
    return localUs;
  }

  #apply(sent: Sent): void {
    this.sent.push(sent);
    const before = this.table.get(sent.key) ?? nothing;
    this.table.set(sent.key, merge(before, rowOf(sent.mutation)));
  }
}

function rankOf({ generation, claim }: Run): Rank {
  return [generation, 0, Number(claim.runNumber)];
}

export function isBefore(a: Rank, b: Rank): boolean {
  const i = a.findIndex((part, at) => part !== b[at]);
  return i !== -1 && (a[i] ?? 0) < (b[i] ?? 0);
}

/** What each key has to hold: what its highest-ranking write or delete meant. */
export function expectedRows(sent: readonly Sent[]): Map<number, VisibleRow> {
  const highest = new Map<number, Sent>();
  for (const one of sent) {
    const other = highest.get(one.key);
    if (other === undefined || !isBefore(one.rank, other.rank)) highest.set(one.key, one);
  }
  return new Map([...highest].map(([key, { meant }]) => [key, meant]));
}
