import type { BlockColumn } from "../load/source-block.js";

/** How many values of a column have each storage class. */
export interface ClassCounts {
  readonly integer: number;
  readonly real: number;
  readonly text: number;
  readonly blob: number;
  readonly null: number;
  /** TEXT or BLOB over 16 MiB. */
  readonly tooLarge: number;
}

/** By their numbers in a block; 0 is a column that a file does not have. */
const names = ["absent", "integer", "real", "text", "blob", "null", "tooLarge"] as const;

/** Counts storage classes, a batch at a time. */
export class ClassCounter {
  readonly #counts = new Float64Array(names.length);

  add({ kinds, kind: common }: Pick<BlockColumn, "kinds" | "kind">): void {
    const counts = this.#counts;
    if (common !== undefined) {
      counts[common] = (counts[common] ?? 0) + kinds.length;
      return;
    }
    for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  }

  get counts(): ClassCounts {
    const [, integer = 0, real = 0, text = 0, blob = 0, missing = 0, tooLarge = 0] = this.#counts;
    return { integer, real, text, blob, null: missing, tooLarge };
  }
}

/** Storage classes a column has values of, NULL aside. */
export function classesOf(counts: ClassCounts): string[] {
  const { null: _, tooLarge: __, ...classes } = counts;
  return Object.entries(classes).flatMap(([name, values]) =>
    values > 0 ? [name.toUpperCase()] : [],
  );
}
