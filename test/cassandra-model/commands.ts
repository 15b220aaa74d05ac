import fc from "fast-check";

/** A row, whole: what a run or a live writer writes. */
export interface RowValues {
  readonly material_id: number | null;
  readonly children_mask: number;
}

export type Command =
  | { readonly kind: "wait"; readonly us: bigint }
  | { readonly kind: "foreign"; readonly key: number; readonly values: RowValues }
  | {
      readonly kind: "run";
      /** The source, in the order it is sent. */
      readonly rows: readonly (readonly [key: number, values: RowValues])[];
      readonly skewUs: bigint;
    }
  | { readonly kind: "send" | "crash"; readonly run: number; readonly rows: number }
  | { readonly kind: "prune"; readonly run: number }
  | {
      readonly kind: "live";
      readonly key: number;
      /** null: a delete. */
      readonly values: RowValues | null;
      readonly skewUs: bigint;
    }
  | { readonly kind: "on" | "off" | "reset"; readonly skewUs: bigint };

const HOUR_US = 3_600_000_000n;
const KEYS = 5;

const keys = fc.nat(KEYS - 1);
const runNumbers = fc.nat(7);
const values: fc.Arbitrary<RowValues> = fc.record({
  material_id: fc.constantFrom(null, -1, 0, 1, 2),
  children_mask: fc.constantFrom(-128, 0, 1, 127),
});
const rows = fc.uniqueArray(fc.tuple(keys, values), { maxLength: KEYS, selector: ([key]) => key });

/** Mostly within a second of the coordinator's, so that it is accepted; or an hour off. */
const loaderSkews = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt(-990_000n, 990_000n) },
  { weight: 1, arbitrary: fc.constantFrom(-HOUR_US, HOUR_US) },
);
const waits = fc.oneof(
  fc.bigInt(0n, 3n),
  fc.bigInt(0n, 2_000_000n),
  fc.bigInt(0n, 30_000_000n),
  fc.bigInt(0n, 2n * HOUR_US),
);

export interface TraceOptions {
  /** Whether T0 is given up now and then. Only clocks within a second can be bounded then. */
  readonly withResets: boolean;
}

/** Commands of one or several loaders, live writers and operators, in any interleaving. */
export function traces({ withResets }: TraceOptions): fc.Arbitrary<readonly Command[]> {
  const limit = withResets ? 1_000_000n : HOUR_US;
  const liveSkews = fc.oneof(fc.constantFrom(0n, -limit, limit), fc.bigInt(-limit, limit));
  const weighted: { weight: number; arbitrary: fc.Arbitrary<Command> }[] = [
    { weight: 3, arbitrary: record("wait", { us: waits }) },
    { weight: 1, arbitrary: record("foreign", { key: keys, values }) },
    { weight: 3, arbitrary: record("run", { rows, skewUs: loaderSkews }) },
    {
      weight: 6,
      arbitrary: record("send", { run: runNumbers, rows: fc.integer({ min: 1, max: KEYS }) }),
    },
    {
      weight: 2,
      arbitrary: record("crash", { run: runNumbers, rows: fc.integer({ min: 1, max: KEYS }) }),
    },
    { weight: 3, arbitrary: record("prune", { run: runNumbers }) },
    {
      weight: 5,
      arbitrary: record("live", {
        key: keys,
        values: fc.option(values, { freq: 3, nil: null }),
        skewUs: liveSkews,
      }),
    },
    { weight: 2, arbitrary: record("on", { skewUs: loaderSkews }) },
    { weight: 1, arbitrary: record("off", { skewUs: loaderSkews }) },
  ];
  if (withResets) {
    weighted.push({ weight: 1, arbitrary: record("reset", { skewUs: loaderSkews }) });
  }
  return fc.array(fc.oneof(...weighted), { minLength: 5, maxLength: 60, size: "max" });
}

function record<K extends Command["kind"], T>(
  kind: K,
  parts: { [name in keyof T]: fc.Arbitrary<T[name]> },
): fc.Arbitrary<{ readonly kind: K } & T> {
  return fc.record(parts).map((fields) => ({ kind, ...(fields as T) }));
}
