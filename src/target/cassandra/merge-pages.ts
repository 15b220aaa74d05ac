/**
 * Does the same for each item, up to `width` at a time; the results come in the order of the items.
 * Where one fails, what is on the way is left to end by itself.
 */
export async function* mapInOrder<Item, Result>(
  items: Iterable<Item>,
  width: number,
  act: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const iterator = items[Symbol.iterator]();
  const started: Promise<Result>[] = [];
  const startNext = () => {
    const { done, value } = iterator.next();
    if (done !== true) started.push(handled(act(value)));
  };
  for (let i = 0; i < width; i++) startNext();
  for (;;) {
    const first = started.shift();
    if (first === undefined) return;
    const result = await first;
    startNext();
    yield result;
  }
}

/** The pages of each item in the order of the items; of up to `width` items the first is read ahead. */
export async function* pagesInOrder<Item, Page>(
  items: Iterable<Item>,
  width: number,
  pagesOf: (item: Item) => AsyncGenerator<Page, void>,
): AsyncGenerator<Page, void> {
  const begin = async (item: Item) => {
    const pages = pagesOf(item);
    return { first: await pages.next(), pages };
  };
  for await (const { first, pages } of mapInOrder(items, width, begin)) {
    if (first.done === true) continue;
    yield first.value;
    yield* pages;
  }
}

/**
 * The pages of all items as they come; `width` items are read at a time, each up to one page ahead.
 *
 * @param onDone called when an item has no more pages
 */
export async function* mergePages<Item, Page>(
  items: Iterable<Item>,
  width: number,
  pagesOf: (item: Item) => AsyncGenerator<Page, void>,
  onDone: (item: Item) => void = () => undefined,
): AsyncGenerator<Page, void> {
  const iterator = items[Symbol.iterator]();
  const lanes = new Map<Lane<Item, Page>, Promise<Step<Item, Page>>>();
  const advance = (lane: Lane<Item, Page>) => {
    lanes.set(lane, handled(lane.pages.next().then((result) => ({ lane, result }))));
  };
  const openNext = () => {
    const { done, value } = iterator.next();
    if (done !== true) advance({ item: value, pages: pagesOf(value) });
  };
  for (let i = 0; i < width; i++) openNext();
  while (lanes.size > 0) {
    const { lane, result } = await Promise.race(lanes.values());
    if (result.done === true) {
      lanes.delete(lane);
      onDone(lane.item);
      openNext();
    } else {
      advance(lane);
      yield result.value;
    }
  }
}

interface Lane<Item, Page> {
  readonly item: Item;
  readonly pages: AsyncGenerator<Page, void>;
}

interface Step<Item, Page> {
  readonly lane: Lane<Item, Page>;
  readonly result: IteratorResult<Page, void>;
}

/** A failure that nobody waits for any more is no crash. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
