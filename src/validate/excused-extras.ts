import { firstDescendant, lastDescendant } from "../encoding/cell.js";
import { MAX_LEVEL } from "../encoding/level.js";
import { tileTokens, tokens } from "../encoding/token.js";
import { hasTokens } from "../load/order-key.js";
import type { SortedRun } from "../load/sorted-run.js";
import { type KeyPage, makeKeyPage } from "../sink/key-page.js";
import type { SinkOrder } from "../sink/sink.js";
import { StrayKeys } from "../sink/stray-keys.js";
import type { RecordedSource } from "../sink/target-meta.js";
import type { CellKey } from "../target/stored-rows.js";
import type { KeyBounds } from "./key-ranges.js";

/** Cells of the deepest level. */
interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

/** Where a target's other sources lie: their rows are nothing that this one should have. */
export class OtherSources {
  /** Ascending and apart. */
  readonly #spans: readonly Span[];

  constructor(sources: readonly RecordedSource[], name: string) {
    const others = sources.filter((source) => source.name !== name);
    const cells = others.flatMap(({ topmost }) => topmost?.cells ?? []);
    this.#spans = cells
      .map(([level, code]) => ({
        first: firstDescendant(BigInt(code), level, MAX_LEVEL),
        last: lastDescendant(BigInt(code), level, MAX_LEVEL),
      }))
      .sort((a, b) => (a.first < b.first ? -1 : 1));
  }

  get areThere(): boolean {
    return this.#spans.length > 0;
  }

  hold({ level, tile, cell }: CellKey): boolean {
    if (this.#spans.length === 0 || level > MAX_LEVEL || cell > 0x7fff || tile >> 63n !== 0n) {
      return false;
    }
    const shift = BigInt(3 * (MAX_LEVEL - level));
    const first = ((tile << 15n) | BigInt(cell)) << shift;
    let [low, high] = [0, this.#spans.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#spans[middle]?.last ?? 0n) < first) low = middle + 1;
      else high = middle;
    }
    return (this.#spans[low]?.first ?? first + 1n) <= first;
  }
}

const KEYS_A_PAGE = 4096;

/**
 * Of keys that no row to be loaded has, those that no rejected row has either.
 *
 * @param keys in the order
 */
export async function withoutRejected<Key extends CellKey>(
  sorted: SortedRun,
  order: SinkOrder,
  { lower, upper }: KeyBounds,
  keys: readonly Key[],
): Promise<Key[]> {
  const strays = new StrayKeys(order, await sorted.openKeys(order, lower, upper));
  const left: Key[] = [];
  for (let i = 0; i < keys.length; i += KEYS_A_PAGE) {
    const some = keys.slice(i, i + KEYS_A_PAGE);
    const found = await strays.find(keyPage(order, some));
    left.push(...found.flatMap((index) => some[index] ?? []));
  }
  return left;
}

function keyPage(order: SinkOrder, keys: readonly CellKey[]): KeyPage {
  const page = makeKeyPage(keys.length);
  for (const [i, { level, tile, cell }] of keys.entries()) {
    page.levels[i] = level;
    page.tiles[i] = tile;
    page.cells[i] = cell;
  }
  if (!hasTokens(order)) return page;
  const { levels, tiles } = page;
  const codes = BigUint64Array.from(keys, ({ tile, cell }) =>
    BigInt.asUintN(64, (tile << 15n) | BigInt(cell)),
  );
  return { ...page, tokens: order === "node-token" ? tokens(codes) : tileTokens(levels, tiles) };
}
