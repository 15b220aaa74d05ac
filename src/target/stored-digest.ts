import { createHash } from "node:crypto";
import type { StoredRow } from "./row-decoder.js";

/** SHA-256, hexadecimal, of what a row holds beside its key and write time. */
export function storedDigest(row: StoredRow): string {
  const { materialId, homogeneity, childrenMask, lastModified, envelope } = row;
  const columns = [materialId, homogeneity, childrenMask, lastModified].map(String).join(" ");
  return createHash("sha256").update(`${columns} `).update(envelope).digest("hex");
}
