/** CRC-32C, one bit at a time (Castagnoli's polynomial, reflected). */
export function crc32c(bytes: Uint8Array): number {
  let state = 0xffff_ffff;
  for (const byte of bytes) {
    state ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      state = state & 1 ? (state >>> 1) ^ 0x82f6_3b78 : state >>> 1;
    }
  }
  return ~state >>> 0;
}
