#include "murmur3.h"

#include <limits>

namespace octoload::token {
namespace {

constexpr uint64_t kC1 = 0x87c37b91114253d5;
constexpr uint64_t kC2 = 0x4cf5ad432745937f;

constexpr uint64_t rotate_left(uint64_t v, unsigned count) {
  return v << count | v >> (64 - count);
}

// Eight tail bytes combined as Cassandra does: each sign-extended, shifted to
// its place, XORed. A negative byte thus inverts everything above it, so byte j
// is inverted when an odd number of the bytes below it are negative. Those
// parities come from one multiplication: sign bits gathered at bit 0 of each
// byte, times 0x0101..., leaves in byte j how many of bytes 0..j are set.
constexpr uint64_t sign_extended_tail(uint64_t bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t signs = (bytes >> 7) & kOnes;
  const uint64_t odd_below = ((signs * kOnes) << 8) & kOnes;
  return bytes ^ odd_below * 0xff;
}

constexpr uint64_t finalize(uint64_t h) {
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccd;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53;
  return h ^ h >> 33;
}

// k1 holds tail bytes 0..7, k2 bytes 8..14, both already combined.
constexpr int64_t token_of(uint64_t k1, uint64_t k2, uint64_t length) {
  const uint64_t h1 = (rotate_left(k1 * kC1, 31) * kC2) ^ length;
  const uint64_t h2 = (rotate_left(k2 * kC2, 33) * kC1) ^ length;
  const uint64_t sum1 = h1 + h2;
  const uint64_t sum2 = h2 + sum1;
  const auto token = static_cast<int64_t>(finalize(sum1) + finalize(sum2));
  return token == std::numeric_limits<int64_t>::min() ? std::numeric_limits<int64_t>::max() : token;
}

}  // namespace

void of_bigints(const uint64_t* keys, size_t count, int64_t* tokens) noexcept {
  for (size_t row = 0; row < count; ++row) {
    // Big-endian on the wire: the key's highest byte is tail byte 0.
    tokens[row] = token_of(sign_extended_tail(__builtin_bswap64(keys[row])), 0, 8);
  }
}

void of_tiles(const uint8_t* levels, uint8_t level, const uint64_t* tiles, size_t count,
              int64_t* tokens) noexcept {
  for (size_t row = 0; row < count; ++row) {
    // Bytes: 00 01 level 00 | 00 08 t7 t6 t5 t4 t3 t2 t1 t0 | 00.
    const uint64_t row_level = levels != nullptr ? levels[row] : level;
    const uint64_t tile = __builtin_bswap64(tiles[row]);
    const uint64_t first = 0x0000'0800'0000'0100 | row_level << 16 | tile << 48;
    const uint64_t second = tile >> 16;  // t5 .. t0, the closing zero
    tokens[row] = token_of(sign_extended_tail(first), sign_extended_tail(second), 15);
  }
}

}  // namespace octoload::token
