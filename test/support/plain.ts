/** An array's bytes; none where its memory is gone. */
export function hexOf({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return byteLength === 0 ? "" : Buffer.from(buffer, byteOffset, byteLength).toString("hex");
}

/**
 * A result of any shape with its arrays as their bytes: equal whatever class
 * and realm they are of, NaN or not, and quickly compared.
 */
export function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return hexOf(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}
