import { type CandidateList, KeptCandidates } from "./candidate-stack.js";
import { CityField, type CityMeasure } from "./city-field.js";
import { CoastField, type CoastMeasure } from "./coast-field.js";
import { EARTH_RADIUS_KM, type Earth } from "./earth.js";
import { elevationAt } from "./elevation.js";

/** What lies under one column of cells: a cell's longitudes and latitudes at a level. */
export interface Ground {
  readonly level: number;
  readonly i: number;
  readonly j: number;
  /** Of the column's center. */
  readonly position: Position;
  /** Edge of the column, the mean of both directions, in kilometres. */
  readonly edgeKm: number;
  /** From the center to the farthest point of the column, at least. */
  readonly radiusKm: number;
  /** Above 0 on land, below 0 at sea. */
  readonly coastKm: number;
  /** The city that marks the center, or -1. */
  readonly city: number;
  readonly cityKm: number;
  /** Of the land or of the sea's floor, in metres. */
  readonly elevation: number;
  /** Relative size of the cells wanted here: 1 at a coast, more is coarser. */
  readonly size: number;
  /** Known to be all of the column's; quarters inherit it. */
  readonly side: Side | undefined;
  readonly coasts: CandidateList;
  readonly cities: CandidateList;
}

type Side = "land" | "sea";

/** What a quarter takes from the column it is of. */
type Inherited = Pick<Ground, "side" | "coasts" | "cities">;

interface Position {
  readonly cosLon: number;
  readonly sinLon: number;
  readonly cosLat: number;
  readonly sinLat: number;
}

/** Quarters of a column in the order of octants: bit 0 east half, bit 1 north half. */
export type Quarters = readonly [Ground, Ground, Ground, Ground];

interface Turn {
  readonly cos: number;
  readonly sin: number;
}

/** Quarters of a column with this many candidates are kept; others are soon made again. */
const MANY_CANDIDATES = 100;
const MAX_LEVELS = 27;
/** A cell this far from the coast is twice as coarse as one at the coast. */
const COAST_SCALE_KM = 12;
const COARSEST_LAND = 40;
const COARSEST_SEA = 160;

const NO_CANDIDATES: CandidateList = { items: new Int32Array(0), start: 0, end: 0 };

/** The Earth's surface as a quadtree whose columns are quartered on demand. */
export class GroundMap {
  readonly #coast: CoastField;
  readonly #city: CityField;
  readonly #keptLists = new KeptCandidates();
  readonly #kept = new Map<Ground, Quarters>();
  readonly #turns = halvedTurns();
  // Overwritten by each measurement: millions of them would be garbage.
  readonly #coastMeasure: CoastMeasure = {
    candidates: NO_CANDIDATES,
    distance: 0,
    onLand: false,
    isFar: false,
  };
  readonly #cityMeasure: CityMeasure = { candidates: NO_CANDIDATES, city: -1, distanceKm: 0 };
  #root: Ground | undefined;

  constructor(earth: Earth) {
    this.#coast = new CoastField(earth.coast);
    this.#city = new CityField(earth.cities);
  }

  /** The column of the one cell of level 0. */
  root(): Ground {
    this.#root ??= this.#measure(
      { level: 0, i: 0, j: 0 },
      { cosLon: 1, sinLon: 0, cosLat: 1, sinLat: 0 },
      { side: undefined, coasts: this.#coast.everything(), cities: this.#city.everything() },
    );
    return this.#root;
  }

  /** Hands the four quarters to `use`; most are gone afterwards. */
  withQuarters(ground: Ground, use: (quarters: Quarters) => void): void {
    if (ground.coasts.end - ground.coasts.start < MANY_CANDIDATES) {
      const coastTop = this.#coast.stack.top;
      const cityTop = this.#city.stack.top;
      use(this.#quarter(ground));
      this.#coast.stack.release(coastTop);
      this.#city.stack.release(cityTop);
      return;
    }
    use(this.#keptQuarters(ground));
  }

  #keptQuarters(ground: Ground): Quarters {
    const kept = this.#kept.get(ground);
    if (kept !== undefined) return kept;
    const coastTop = this.#coast.stack.top;
    const cityTop = this.#city.stack.top;
    const [sw, se, nw, ne] = this.#quarter(ground);
    const quarters = [this.#owned(sw), this.#owned(se), this.#owned(nw), this.#owned(ne)] as const;
    this.#coast.stack.release(coastTop);
    this.#city.stack.release(cityTop);
    this.#kept.set(ground, quarters);
    return quarters;
  }

  /** The same with lists that stay when the stack is released. */
  #owned(ground: Ground): Ground {
    const coasts = this.#keptLists.copyOf(ground.coasts);
    return { ...ground, coasts, cities: this.#keptLists.copyOf(ground.cities) };
  }

  #quarter(ground: Ground): Quarters {
    return [
      this.#quarterOf(ground, 0, 0),
      this.#quarterOf(ground, 1, 0),
      this.#quarterOf(ground, 0, 1),
      this.#quarterOf(ground, 1, 1),
    ];
  }

  #quarterOf(ground: Ground, east: 0 | 1, north: 0 | 1): Ground {
    const { level, i, j, position } = ground;
    const lonTurn = turnOf(this.#turns, level);
    const latTurn = turnOf(this.#turns, level + 1);
    const lonSin = east === 1 ? lonTurn.sin : -lonTurn.sin;
    const latSin = north === 1 ? latTurn.sin : -latTurn.sin;
    const turned = {
      cosLon: position.cosLon * lonTurn.cos - position.sinLon * lonSin,
      sinLon: position.sinLon * lonTurn.cos + position.cosLon * lonSin,
      cosLat: position.cosLat * latTurn.cos - position.sinLat * latSin,
      sinLat: position.sinLat * latTurn.cos + position.cosLat * latSin,
    };
    return this.#measure({ level: level + 1, i: 2 * i + east, j: 2 * j + north }, turned, ground);
  }

  #measure(
    { level, i, j }: { level: number; i: number; j: number },
    position: Position,
    from: Inherited,
  ): Ground {
    const x = position.cosLat * position.cosLon;
    const y = position.cosLat * position.sinLon;
    const z = position.sinLat;
    const { edgeKm, radiusKm } = extentOf(level, position.cosLat);
    const coast = this.#coastMeasure;
    this.#coast.narrow(from.coasts, x, y, z, radiusKm / EARTH_RADIUS_KM, coast);
    const onLand = from.side === undefined ? coast.onLand : from.side === "land";
    const distanceKm = coast.distance * EARTH_RADIUS_KM;
    const city = this.#cityMeasure;
    const coarsest = sizeByCoast(onLand, distanceKm + radiusKm);
    this.#city.narrow(from.cities, x, y, z, radiusKm, coarsest, city);
    const coastKm = onLand ? distanceKm : -distanceKm;
    return {
      level,
      i,
      j,
      position,
      edgeKm,
      radiusKm,
      coastKm,
      city: city.city,
      cityKm: city.distanceKm,
      elevation: elevationAt(coastKm, x, y, z),
      size: this.#sizeOf(onLand, distanceKm - radiusKm, city, radiusKm),
      side: from.side ?? (coast.isFar ? sideOf(onLand) : undefined),
      coasts: coast.candidates,
      cities: city.candidates,
    };
  }

  /** The finest that any place of the column asks for. */
  #sizeOf(
    onLand: boolean,
    toCoastKm: number,
    { city, distanceKm }: CityMeasure,
    radiusKm: number,
  ): number {
    const size = sizeByCoast(onLand, toCoastKm);
    return city < 0 ? size : Math.min(size, this.#city.sizeAt(city, distanceKm - radiusKm));
  }
}

function sizeByCoast(onLand: boolean, distanceKm: number): number {
  const coarsest = onLand ? COARSEST_LAND : COARSEST_SEA;
  return Math.min(coarsest, 1 + Math.max(0, distanceKm) / COAST_SCALE_KM);
}

function sideOf(onLand: boolean): Side {
  return onLand ? "land" : "sea";
}

/**
 * Turns by 90 degrees / 2^n, from cos(a/2) = sqrt((1 + cos a) / 2) and
 * sin(a/2) = sin a / (2 cos(a/2)): roots and divisions are the same on every
 * machine, sines are not.
 */
function halvedTurns(): readonly Turn[] {
  const turns: Turn[] = [{ cos: 0, sin: 1 }];
  for (let n = 1; n <= MAX_LEVELS; n++) {
    const { cos, sin } = turns[n - 1] ?? { cos: 1, sin: 0 };
    const half = Math.sqrt((1 + cos) / 2);
    turns.push({ cos: half, sin: sin / (2 * half) });
  }
  return turns;
}

function turnOf(turns: readonly Turn[], n: number): Turn {
  return turns[n] ?? { cos: 1, sin: 0 };
}

/** Cells above this level are too large to be measured as if they were flat. */
const CURVED_LEVELS = 5;
/** Allowance for what is left of the curvature. */
const ALMOST_FLAT = 1.02;

/** Of columns by level: half the way around the Earth, from pole to pole, is one of level 0. */
const heightsKm: readonly number[] = Array.from(
  { length: MAX_LEVELS },
  (_, level) => (Math.PI * EARTH_RADIUS_KM) / 2 ** level,
);

function extentOf(level: number, cosLat: number): { edgeKm: number; radiusKm: number } {
  const height = heightsKm[level] ?? 0;
  // A column is widest at its end nearest the equator.
  const widest = Math.min(1, cosLat + height / (2 * EARTH_RADIUS_KM));
  const radius =
    level < CURVED_LEVELS
      ? height * (0.5 + widest)
      : height * ALMOST_FLAT * Math.sqrt(0.25 + widest * widest);
  return {
    edgeKm: height * Math.sqrt(2 * Math.max(0, cosLat)),
    radiusKm: Math.min(2 * EARTH_RADIUS_KM, radius),
  };
}
