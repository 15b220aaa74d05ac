import { quoteName, quoteText } from "../cassandra/cql-text.js";
import { SCHEMA_VERSION, type SchemaSpec, schemaStatements } from "../cassandra/schema.js";
import { metaTable } from "../cassandra/tables.js";
import type { Frame } from "../encoding/frame.js";
import { targetEntries } from "../sink/target-meta.js";

interface CommentedStatement {
  readonly comment: string;
  /** Without the semicolon. */
  readonly cql: string;
}

/** A target's statements as a script for cqlsh; running it twice changes nothing. */
export function renderSchema(spec: SchemaSpec, frame: Frame): string {
  const header = `-- octoload: keyspace ${spec.keyspace}, layout ${spec.layout}, frame ${frame.name}\n`;
  const parts = statementsOf(spec, frame).map(({ comment, cql }) => `-- ${comment}\n${cql};\n`);
  return [header, ...parts].join("\n");
}

/** The same for programs. */
export function schemaReport(spec: SchemaSpec, frame: Frame) {
  const { keyspace, layout, replication } = spec;
  return { keyspace, layout, replication, frame, statements: statementsOf(spec, frame) };
}

function statementsOf(spec: SchemaSpec, frame: Frame): CommentedStatement[] {
  const table = `${quoteName(spec.keyspace)}.${metaTable.name}`;
  return [
    ...schemaStatements(spec).map(({ comment, cql }) => ({ comment, cql })),
    ...targetEntries(spec.layout, frame, SCHEMA_VERSION).map(([key, value]) => ({
      comment: `What the target is: ${key.replaceAll("_", " ")}.`,
      cql: `INSERT INTO ${table} (key, value)\n  VALUES (${quoteText(key)}, ${quoteText(value)}) IF NOT EXISTS`,
    })),
  ];
}
