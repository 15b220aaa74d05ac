/** A batch is larger than the server's batch_size_warn_threshold. */
export interface BatchWarning {
  readonly sizeBytes: number;
  readonly thresholdBytes: number;
}

export type ServerWarning =
  /** Of each batch of several partitions, which is what layout node sends on purpose. */
  | { readonly kind: "expected" }
  | ({ readonly kind: "batch-size" } & BatchWarning)
  | { readonly kind: "disk" }
  | { readonly kind: "other" };

/** BatchStatement.verifyBatchSize() of Cassandra: sizes as "7490", or as "7.315KiB". */
const BATCH_SIZE =
  /^Batch .*is of size ([\d.]+) ?([KMGT]?i?B)?, exceeding specified threshold of ([\d.]+) ?([KMGT]?i?B)?/;

/** What a warning that came with an acknowledgement says. */
export function readWarning(text: string): ServerWarning {
  if (text.startsWith("Unlogged batch covering ")) return { kind: "expected" };
  const match = BATCH_SIZE.exec(text);
  if (match !== null) {
    const [, size, sizeUnit, threshold, thresholdUnit] = match;
    return {
      kind: "batch-size",
      sizeBytes: bytesOf(size, sizeUnit),
      thresholdBytes: bytesOf(threshold, thresholdUnit),
    };
  }
  return { kind: /disk usage/i.test(text) ? "disk" : "other" };
}

/** The same for warnings that differ in their numbers only. */
export function warningKey(text: string): string {
  return text.replaceAll(/\d+/g, "#");
}

/** The server rounds: whole bytes of what it says. */
function bytesOf(number = "0", unit = "B"): number {
  const power = "BKMGT".indexOf(unit.charAt(0));
  return Math.floor(Number(number) * 1024 ** power);
}
