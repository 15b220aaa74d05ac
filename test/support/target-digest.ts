import { createHash } from "node:crypto";
import Database from "better-sqlite3";

/** SHA-256 of everything an embedded target of layout node holds but when it was written. */
export function targetDigest(path: string): { readonly rows: number; readonly sha256: string } {
  const database = new Database(path, { readonly: true });
  try {
    const select = database.prepare<[], string>(
      `SELECT morton_code || ' ' || level || ' ' || coalesce(material_id, 'NULL') || ' ' ||
         printf('%!.17g', homogeneity) || ' ' || children_mask || ' ' || last_modified || ' ' ||
         hex(compressed_data) || ' ' || deleted
       FROM octree_nodes ORDER BY morton_code, level`,
    );
    const hash = createHash("sha256");
    let rows = 0;
    for (const row of select.pluck().iterate()) {
      hash.update(`${row}\n`);
      rows += 1;
    }
    return { rows, sha256: hash.digest("hex") };
  } finally {
    database.close();
  }
}
