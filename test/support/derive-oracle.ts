/**
 * Derived columns from their definition: every row looks for its ancestors and
 * children in one map of all rows. Slow, and too plain to be wrong in the same
 * way as the native derivation.
 */

/** As better-sqlite3 gives it with safe integers: bigint is INTEGER, number is REAL. */
export type SqliteValue = null | bigint | number | string | Uint8Array;

export interface OracleRow {
  readonly level: number;
  readonly code: bigint;
  /** Number of the source's file, in its order. */
  readonly file: number;
  readonly rowid: bigint;
  readonly id: SqliteValue;
  readonly created: SqliteValue;
  /** null where the row has none, or none that is an int32. */
  readonly material: number | null;
}

export interface OracleCell<Row extends OracleRow = OracleRow> {
  readonly row: Row;
  readonly childrenMask: number;
  readonly homogeneity: number;
  readonly isOrphan: boolean;
  /** The other rows of this key. */
  readonly losers: readonly Row[];
}

export type CreatedMicros =
  | { readonly kind: "time"; readonly micros: bigint }
  | { readonly kind: "none" }
  | { readonly kind: "unreadable" };

const deepest = 26;

export const cellKey = (level: number, code: bigint): string => `${level}/${code}`;

/** The winning rows by cellKey(), in no particular order. */
export function deriveDully<Row extends OracleRow>(
  rows: readonly Row[],
): Map<string, OracleCell<Row>> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = cellKey(row.level, row.code);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const winners = new Map([...groups].map(([key, group]) => [key, winnerOf(group)]));
  const volumes = volumesOf(winners);
  const cells = new Map<string, OracleCell<Row>>();
  for (const [key, row] of winners) {
    cells.set(key, {
      row,
      childrenMask: childrenMaskOf(row, winners),
      homogeneity: homogeneityOf(volumes.get(key)),
      isOrphan: row.level > 0 && !winners.has(cellKey(row.level - 1, row.code >> 3n)),
      losers: (groups.get(key) ?? []).filter((other) => other !== row),
    });
  }
  return cells;
}

function childrenMaskOf(row: OracleRow, winners: ReadonlyMap<string, unknown>): number {
  let mask = 0;
  for (let octant = 0; octant < 8; octant += 1) {
    if (winners.has(cellKey(row.level + 1, row.code * 8n + BigInt(octant)))) mask += 2 ** octant;
  }
  return mask;
}

/** From the parent's cell to the world: those that have a row, nearest first. */
function ancestorsOf<Row extends OracleRow>(row: Row, winners: ReadonlyMap<string, Row>): Row[] {
  const found: Row[] = [];
  for (let level = row.level - 1; level >= 0; level -= 1) {
    const code = row.code / 8n ** BigInt(row.level - level);
    const ancestor = winners.get(cellKey(level, code));
    if (ancestor !== undefined) found.push(ancestor);
  }
  return found;
}

type Volumes = Map<number | "unresolved", bigint>;

/** For each row with rows inside it, the volumes of the leaves inside by material. */
function volumesOf(winners: ReadonlyMap<string, OracleRow>): Map<string, Volumes> {
  const inner = new Map<string, Volumes>();
  for (const row of winners.values()) {
    for (const { level, code } of ancestorsOf(row, winners)) {
      inner.set(cellKey(level, code), new Map());
    }
  }
  for (const [key, row] of winners) {
    if (inner.has(key)) continue;
    const ancestors = ancestorsOf(row, winners);
    const holder = [row, ...ancestors].find(({ material }) => material !== null);
    const material = holder?.material ?? "unresolved";
    for (const { level, code } of ancestors) {
      const volumes = inner.get(cellKey(level, code));
      const volume = 8n ** BigInt(deepest - row.level);
      volumes?.set(material, (volumes.get(material) ?? 0n) + volume);
    }
  }
  return inner;
}

function homogeneityOf(volumes: Volumes | undefined): number {
  if (volumes === undefined) return 1;
  const each = [...volumes.values()];
  const largest = each.reduce((a, b) => (a > b ? a : b), 0n);
  const sum = each.reduce((a, b) => a + b, 0n);
  return Math.fround(Number(largest) / Number(sum));
}

function winnerOf<Row extends OracleRow>(group: readonly Row[]): Row {
  return group.reduce((ahead, row) => (compareRows(row, ahead) > 0 ? row : ahead));
}

/** Above 0 where `a` wins. */
function compareRows(a: OracleRow, b: OracleRow): number {
  return (
    compareCreated(createdMicros(a.created), createdMicros(b.created)) ||
    compareIds(a.id, b.id) ||
    a.file - b.file ||
    compare(a.rowid, b.rowid)
  );
}

function compareCreated(a: CreatedMicros, b: CreatedMicros): number {
  if (a.kind === "time" && b.kind === "time") return compare(a.micros, b.micros);
  return Number(a.kind === "time") - Number(b.kind === "time");
}

/** A bigint and a number compare exactly. */
function compare(a: bigint | number, b: bigint | number): number {
  return Number(a > b) - Number(a < b);
}

/** SQLite's order of values: NULL, numbers, TEXT, BLOB. */
function compareIds(a: SqliteValue, b: SqliteValue): number {
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0 || a === null || b === null) return rank;
  if (isNumber(a) && isNumber(b)) return compare(a, b);
  return Buffer.compare(bytesOf(a), bytesOf(b));
}

const isNumber = (value: SqliteValue): value is bigint | number =>
  typeof value === "bigint" || typeof value === "number";

function rankOf(value: SqliteValue): number {
  if (value === null) return 0;
  if (typeof value === "string") return 2;
  return typeof value === "object" ? 3 : 1;
}

const bytesOf = (value: SqliteValue): Uint8Array =>
  value instanceof Uint8Array ? value : Buffer.from(String(value));

/** Created as microseconds since 1970, by the rules of native/derive/created_time.h. */
export function createdMicros(value: SqliteValue): CreatedMicros {
  if (value === null) return { kind: "none" };
  const micros = microsOf(value);
  return micros === undefined ? { kind: "unreadable" } : { kind: "time", micros };
}

/** What a row's last_modified is: milliseconds, rounded towards the past; 0 without a time. */
export function lastModifiedMillis(value: SqliteValue): bigint {
  const created = createdMicros(value);
  if (created.kind !== "time") return 0n;
  const rest = ((created.micros % 1000n) + 1000n) % 1000n;
  return (created.micros - rest) / 1000n;
}

function microsOf(value: bigint | number | string | Uint8Array): bigint | undefined {
  if (typeof value === "bigint") {
    const magnitude = value < 0n ? -value : value;
    if (magnitude < 10n ** 11n) return value * 1_000_000n;
    return magnitude < 10n ** 14n ? value * 1000n : value;
  }
  if (typeof value === "number") return microsOfJulianDay(value);
  return typeof value === "string" ? microsOfText(value) : undefined;
}

function microsOfJulianDay(day: number): bigint | undefined {
  if (!(day >= 0 && day < 5_373_484.5)) return undefined;
  const millis = Math.trunc(day * 86_400_000 + 0.5);
  if (millis > 464_269_060_799_999) return undefined;
  return BigInt(millis - 210_866_760_000_000) * 1000n;
}

const date = /(\d{4})-(\d\d)-(\d\d)/.source;
const clock = /(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?/.source;
const zone = / ?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)/.source;
const isoTime = new RegExp(`^${date}(?:[Tt ]${clock}(?:${zone})?)?$`);

function microsOfText(text: string): bigint | undefined {
  const parts = isoTime.exec(text);
  if (parts === null) return undefined;
  const at = (index: number) => Number(parts[index] ?? "0");
  const [hour, minute, second] = [at(4), at(5), at(6)];
  const fraction = BigInt((parts[7] ?? "").slice(0, 6).padEnd(6, "0"));
  const [zoneHours, zoneMinutes] = [at(9), at(10)];
  const midnight = millisOfDate(at(1), at(2), at(3));
  if (midnight === undefined || minute > 59 || zoneHours > 23 || zoneMinutes > 59) return undefined;
  if (second > (minute === 59 ? 60 : 59)) return undefined;
  const isZero = minute === 0 && second === 0 && fraction === 0n;
  if (hour > 24 || (hour === 24 && !isZero)) return undefined;
  const ahead = (zoneHours * 60 + zoneMinutes) * (parts[8] === "-" ? -1 : 1);
  const seconds = midnight / 1000 + hour * 3600 + (minute - ahead) * 60 + second;
  return BigInt(seconds) * 1_000_000n + fraction;
}

/** undefined where there is no such date. Date.UTC would take the year 99 for 1999. */
function millisOfDate(year: number, month: number, day: number): number | undefined {
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month - 1, day);
  const isSame =
    midnight.getUTCFullYear() === year &&
    midnight.getUTCMonth() === month - 1 &&
    midnight.getUTCDate() === day;
  return isSame ? midnight.getTime() : undefined;
}
