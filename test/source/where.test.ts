import Sqlite from "better-sqlite3";
import { afterAll, describe, expect, it } from "vitest";
import { enclosed, requireWhere } from "../../src/source/where.js";
import { refusalOf } from "../support/refusal-of.js";

const database = new Sqlite(":memory:");
database.exec(
  `CREATE TABLE "n (1" (a, "b ;--", c); INSERT INTO "n (1" VALUES (1, 2, 3), (2, 3, 4)`,
);
afterAll(() => database.close());

describe("requireWhere", () => {
  it.each([
    ["a = 1", 1],
    ["a = 1 OR (a = 2)", 2],
    ["a = 1 -- the first", 1],
    ["/* ) ; */ a = 2", 1],
    ["a = ';' OR a = ')' OR a = '--'", 0],
    ["'it''s (' <> a AND a < 2", 1],
    ['"b ;--" = 3', 1],
    ["[b ;--] = 3 OR `b ;--` = 2", 2],
    ['a IN (SELECT max(a) FROM "n (1")', 1],
    ["CASE WHEN a = 1 THEN NULL ELSE 1 END", 1],
    ["rowid = 2", 1],
  ])("takes %s", (where, rows) => {
    requireWhere(database, "n (1", where);
    const selected = `SELECT sum(CASE WHEN ${enclosed(where)} THEN 1 ELSE 0 END) FROM "n (1"`;
    expect(database.prepare(selected).pluck().get()).toBe(rows);
  });

  it.each([
    ["", "syntax error"],
    ["-- nothing", "syntax error"],
    ["nonsense = 1", "no such column: nonsense"],
    ['"typo" = 1', "no such column"],
    ["a = 1; DELETE FROM n", "semicolon"],
    ["1) GROUP BY (1", "closes a parenthesis"],
    ["1) THEN 1 ELSE 0 END, (CASE WHEN (1", "closes a parenthesis"],
    ["1) OR (1", "closes a parenthesis"],
    ["(1", "does not close"],
    ["a = 1 /* open", "/… is never ended"],
    ["a = 'open", "'… is never ended"],
    ["a = 'open''", "'… is never ended"],
    ['"open = 1', '"… is never ended'],
    ["[open = 1", "[… is never ended"],
    ["a = ?", "parameter"],
    ["a = ?1", "parameter"],
    ["a = :x", "parameter"],
    ["count(*) > 1", "misuse of aggregate"],
    ["row_number() OVER () = 1", "misuse of window function"],
    ["DELETE FROM n", "syntax error"],
    ["a = 1 LIMIT 1", "syntax error"],
    ["a = 1, c", "row value misused"],
    ["a = '\0'", "zero character"],
  ])("refuses %j", (where, fault) => {
    const error = refusalOf(() => requireWhere(database, "n (1", where));
    expect(error.code).toBe("SOURCE_WHERE");
    expect(error.fault).toContain(fault);
  });
});
