import type { FrameSpec } from "../encoding/frame.js";
import { coreRadiusKm } from "./city-field.js";
import { createdText } from "./created.js";
import type { Cities } from "./earth.js";
import { hashCell, rehash, type SeedWords, unit } from "./hash.js";
import { type Material, materialOf } from "./material.js";
import { type MetadataFacts, metadataText } from "./metadata.js";
import type { NodeFacts } from "./node-block.js";

/** A row's values in the order of rowColumns. */
export type RowValue = number | string | null;

export const rowColumns = [
  "Id",
  "X",
  "Y",
  "Z",
  "Level",
  "MaterialId",
  "Density",
  "Metadata",
  "Created",
] as const;

export interface RowContext {
  readonly frame: FrameSpec;
  readonly seed: SeedWords;
  readonly cities: Cities;
}

/** Share of the points that are not their cell's center, and of the rows without a material. */
const OFF_CENTER = 0.1;
const INHERITS = 0.04;
/** Built-up ground reaches this many core radii from a city's center. */
const URBAN_CORES = 2;

/** Each random value of a row has a number, so that adding one changes no other. */
const draws = { material: 1, offCenter: 2, x: 3, y: 4, z: 5, inherits: 6, density: 7, created: 8 };
const METADATA_DRAW = 16;

/** Appends a node's values to `values`: they follow from the node and the seed alone. */
export function pushRow(values: RowValue[], node: NodeFacts, context: RowContext): void {
  const { i, j, k, level, id } = node;
  const { frame } = context;
  const hash = hashCell(i, j, k, level, context.seed);
  const material = materialOfNode(node, hash, context);
  const isInherited = level > 0 && unit(rehash(hash, draws.inherits)) < INHERITS;
  const isOff = unit(rehash(hash, draws.offCenter)) < OFF_CENTER;
  values.push(
    id,
    coordinate(frame.min[0], frame.size[0], i, level, isOff ? rehash(hash, draws.x) : undefined),
    coordinate(frame.min[1], frame.size[1], j, level, isOff ? rehash(hash, draws.y) : undefined),
    coordinate(frame.min[2], frame.size[2], k, level, isOff ? rehash(hash, draws.z) : undefined),
    level,
    isInherited ? null : material.id,
    material.density * (0.97 + 0.06 * unit(rehash(hash, draws.density))),
    metadataText(metadataFacts(node, material, context.cities), rehash(hash, METADATA_DRAW)),
    createdText(rehash(hash, draws.created)),
  );
}

/** The cell's center, or a point between 5 % and 95 % of its edge where there is a hash. */
function coordinate(
  min: number,
  size: number,
  index: number,
  level: number,
  hash: number | undefined,
): number {
  if (hash === undefined) return min + size * ((2 * index + 1) / 2 ** (level + 1));
  return min + size * ((index + 0.05 + 0.9 * unit(hash)) / 2 ** level);
}

function materialOfNode(node: NodeFacts, hash: number, { frame, cities }: RowContext): Material {
  const height = frame.size[2] / 2 ** node.level;
  const bottom = node.k * height - frame.size[2] / 2;
  return materialOf({
    bottom,
    top: bottom + height,
    elevation: node.elevation,
    coastKm: node.coastKm,
    latitude: (180 * (node.j + 0.5)) / 2 ** node.level - 90,
    isUrban: isUrban(node, cities),
    chance: unit(rehash(hash, draws.material)),
  });
}

function metadataFacts(node: NodeFacts, material: Material, cities: Cities): MetadataFacts {
  const { elevation, coastKm } = node;
  const city = isUrban(node, cities) ? cities.labels[node.city] : undefined;
  return { material: material.name, elevation, coastKm, city };
}

function isUrban({ city, cityKm }: NodeFacts, { populations }: Cities): boolean {
  return city >= 0 && cityKm <= URBAN_CORES * coreRadiusKm(populations[city] ?? 0);
}
