/** SQLite's own default limit of columns. */
export const MAX_EXTRAS = 2000;

export const originalNames = ["x", "y", "z", "level", "material"] as const;
export const columnNames = ["id", "density", "created", "metadata"] as const;

/** In the addon's order. */
export const namesOfColumns = [
  ...columnNames,
  ...originalNames.map((name) => `originals.${name}`),
].flatMap((name) => [`${name}.kinds`, `${name}.slots`]);
