import type { Layout } from "../encoding/layout.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { FoundKeyspace } from "./inspect.js";
import { columnDrift, type Drift } from "./schema-check.js";
import { metaTable, rowTables, type Table, tablesOf } from "./tables.js";

/**
 * Refuses a keyspace in which tables of our names are somebody else's. Other tables do not matter,
 * nor does it when ours are not there yet.
 *
 * @throws OctoloadError TARGET_FOREIGN; TARGET_SCHEMA for tables that were ours and are changed
 */
export function requireOwnTables(keyspace: string, found: FoundKeyspace): void {
  const meta = found.tables.get(metaTable.name);
  if (meta === undefined) {
    const other = Object.values(rowTables).find(({ name }) => found.tables.has(name));
    if (other === undefined) return;
    throw foreign(`${keyspace} has a table ${other.name}, but no ${metaTable.name}`);
  }
  const [drift] = fatalDrift(keyspace, metaTable, found);
  if (drift !== undefined) throw foreign(describe(drift));
  for (const table of [...tablesOf("node"), rowTables.tile]) {
    const [change] = fatalDrift(keyspace, table, found);
    if (change !== undefined) {
      throw new OctoloadError("TARGET_SCHEMA", describe(change), {
        remedy: "Compare with `octoload schema --to URL --check`, then load into another keyspace.",
      });
    }
  }
}

/**
 * Refuses a keyspace that cannot be loaded into as it is.
 *
 * @throws OctoloadError CASSANDRA_KEYSPACE, TARGET_MISSING, TARGET_FOREIGN, TARGET_SCHEMA
 */
export function requireTables(
  keyspace: string,
  layout: Layout,
  found: FoundKeyspace | undefined,
): asserts found is FoundKeyspace {
  if (found === undefined) {
    throw new OctoloadError("CASSANDRA_KEYSPACE", `there is no keyspace ${keyspace}`);
  }
  requireOwnTables(keyspace, found);
  const missing = tablesOf(layout).filter(({ name }) => !found.tables.has(name));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(", ");
  throw new OctoloadError("TARGET_MISSING", `the keyspace ${keyspace} has no ${names}`, {
    remedy: "Create what is missing: `octoload schema --to URL --apply`.",
  });
}

/** Whether the target's record of itself can be read. */
export function hasMetaTable(keyspace: string, found: FoundKeyspace | undefined): boolean {
  if (found?.tables.has(metaTable.name) !== true) return false;
  return fatalDrift(keyspace, metaTable, found).length === 0;
}

function fatalDrift(keyspace: string, table: Table, found: FoundKeyspace): Drift[] {
  const foundTable = found.tables.get(table.name);
  if (foundTable === undefined) return [];
  return columnDrift(`${keyspace}.${table.name}`, table, foundTable).filter(
    ({ isFatal }) => isFatal,
  );
}

function foreign(fault: string): OctoloadError {
  return new OctoloadError("TARGET_FOREIGN", fault, {
    remedy: "Name a keyspace of its own for the target; octoload does not touch tables of others.",
  });
}

function describe({ object, item, expected, found }: Drift): string {
  return `${object}: ${item} is ${found}, expected ${expected}`;
}
