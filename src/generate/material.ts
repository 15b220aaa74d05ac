/** A material as rows name it: MaterialId, its name in Metadata, and kilograms a cubic metre. */
export interface Material {
  readonly id: number;
  readonly name: string;
  readonly density: number;
}

function material(id: number, name: string, density: number): Material {
  return { id, name, density };
}

export const materials = {
  air: material(1, "air", 1.225),
  seawater: material(2, "seawater", 1025),
  seaIce: material(3, "sea ice", 917),
  sediment: material(4, "sediment", 1700),
  sand: material(5, "sand", 1600),
  soil: material(6, "soil", 1300),
  forest: material(7, "forest soil", 1100),
  rock: material(8, "rock", 2650),
  glacier: material(9, "glacier ice", 900),
  concrete: material(10, "concrete", 2400),
  asphalt: material(11, "asphalt", 2330),
  mantle: material(12, "mantle", 3900),
  core: material(13, "core", 11_000),
} as const satisfies Record<string, Material>;

/** What decides a cell's material. */
export interface Place {
  /** Metres of the cell's lower and upper face above sea level. */
  readonly bottom: number;
  readonly top: number;
  /** Of land or the sea's floor, metres. */
  readonly elevation: number;
  /** Above 0 on land. */
  readonly coastKm: number;
  readonly latitude: number;
  readonly isUrban: boolean;
  /** In [0, 1), decides between materials that are found side by side. */
  readonly chance: number;
}

const CRUST_M = 35_000;
const MANTLE_M = 2_890_000;
const BEACH_KM = 0.8;
const TREE_LINE_M = 2_200;
const SEDIMENT_M = 500;

/** The material of a cell that is above, below or at the surface. */
export function materialOf(place: Place): Material {
  const { bottom, top, elevation, coastKm } = place;
  if (bottom >= Math.max(0, elevation)) return aboveGround(place);
  if (top <= elevation) return underGround(elevation - top, coastKm);
  return coastKm < 0 ? atSea(place) : onLand(place);
}

function aboveGround({ bottom, elevation, isUrban, chance }: Place): Material {
  const isBuilding = isUrban && bottom < elevation + 100 && chance < 0.4;
  return isBuilding ? materials.concrete : materials.air;
}

function underGround(depth: number, coastKm: number): Material {
  if (depth > MANTLE_M) return materials.core;
  if (depth > CRUST_M) return materials.mantle;
  return coastKm < 0 && depth < SEDIMENT_M ? materials.sediment : materials.rock;
}

function atSea({ top, latitude, chance }: Place): Material {
  const isPolar = latitude > 68 + 12 * chance || latitude < -58 - 12 * chance;
  return isPolar && top >= -10 ? materials.seaIce : materials.seawater;
}

function onLand({ elevation, coastKm, latitude, isUrban, chance }: Place): Material {
  if (isUrban && chance < 0.8) return chance < 0.55 ? materials.concrete : materials.asphalt;
  if (latitude < -62 || latitude > 72 + 8 * chance) return materials.glacier;
  if (coastKm < BEACH_KM && chance < 0.6) return materials.sand;
  if (elevation > TREE_LINE_M) return chance < 0.85 ? materials.rock : materials.glacier;
  const isDesert = Math.abs(Math.abs(latitude) - 24) < 7;
  if (isDesert && chance < 0.55) return materials.sand;
  return chance < 0.7 ? materials.soil : materials.forest;
}
