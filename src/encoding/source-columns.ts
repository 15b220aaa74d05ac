/** The columns octoload gives a meaning, in the order of a source batch and of an export. */
export const sourceColumns = Object.freeze([
  "id",
  "x",
  "y",
  "z",
  "level",
  "materialId",
  "density",
  "metadata",
  "created",
] as const);

export type SourceColumn = (typeof sourceColumns)[number];

/** What each column is called in a table; null: the table has none. */
export type ColumnNames = { readonly [Column in SourceColumn]: string | null };

/** What they are called unless something else is said; any case will do. */
export const defaultColumnNames: { readonly [Column in SourceColumn]: string } = Object.freeze({
  id: "Id",
  x: "X",
  y: "Y",
  z: "Z",
  level: "Level",
  materialId: "MaterialId",
  density: "Density",
  metadata: "Metadata",
  created: "Created",
});
