import { join } from "node:path";
import { rowTables } from "../../src/cassandra/tables.js";
import type { Layout } from "../../src/encoding/layout.js";
import { findCqlsh } from "../cassandra/peer-programs.js";
import { runTree, type TreeCost } from "../cassandra/process-tree.js";

/** A keyspace that cqlsh exports. */
export interface ExportedKeyspace {
  readonly host: string;
  readonly port: number;
  readonly keyspace: string;
  readonly layout: Layout;
  readonly folder: string;
}

export type CopyAndDiff =
  | { readonly kind: "measured"; readonly cost: TreeCost }
  | { readonly kind: "missing"; readonly reason: string };

/**
 * The naive way: cqlsh exports the table as text, which is sorted and compared with another such
 * text. That other one is an export made before: who has no encoder has no other, so it tells what
 * has changed and not what is right.
 */
export async function copyAndDiff(exported: ExportedKeyspace): Promise<CopyAndDiff> {
  const found = await findCqlsh();
  if (found.kind === "missing") return { kind: "missing", reason: found.reason };
  const { host, port, keyspace, layout, folder } = exported;
  const { program, args, env } = found.peer;
  const exportTo = async (name: string, then: string) => {
    const csv = join(folder, `${name}.csv`);
    const copy = `COPY ${keyspace}.${rowTables[layout].name} TO '${csv}' WITH HEADER = FALSE`;
    const cqlsh = [program, ...args, host, String(port), "-e", copy];
    const script = `"$@" && LC_ALL=C sort -o '${csv}' '${csv}' ${then}`;
    return runTree("sh", ["-c", script, "sh", ...cqlsh], {
      cwd: folder,
      env,
      logFile: join(folder, "cqlsh.log"),
    });
  };
  await exportTo("before", "");
  const files = ["before", "after"].map((name) => `'${join(folder, `${name}.csv`)}'`);
  return { kind: "measured", cost: await exportTo("after", `&& cmp ${files.join(" ")}`) };
}
