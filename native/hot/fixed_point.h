// Places on the map as integers: x is tx and y is ty of the frame in units of
// 2^-48, so that x = 0 is 180 degrees west and y = 0 the south pole. A cell's
// centre, (2i + 1) / 2^(level + 1), is exact in it whatever the frame's size,
// and so are its longitude and latitude as doubles: they have 33 bits.
#pragma once

#include <cstdint>

#include "../common/frame.h"
#include "../morton/magic_masks.h"

namespace octoload::hot {

inline constexpr unsigned kPointBits = 48;
inline constexpr int64_t kWholeTurn = int64_t{1} << kPointBits;
inline constexpr unsigned kTileLevels = 5;  // levels between a tile and its cells

struct Point {
  int64_t x = 0, y = 0;
};

inline constexpr double longitude_of(int64_t x) noexcept {
  return static_cast<double>(x) * 0x1p-48 * 360.0 - 180.0;
}
inline constexpr double latitude_of(int64_t y) noexcept {
  return static_cast<double>(y) * 0x1p-48 * 180.0 - 90.0;
}

// A row's key as the sink batch's columns hold it.
inline constexpr bool is_cell(uint64_t tile, uint16_t cell, uint8_t level) noexcept {
  if (level > kMaxLevel) return false;
  if (level < kTileLevels) return tile == 0 && cell >> (3 * level) == 0;
  return cell >> (3 * kTileLevels) == 0 && tile >> (3 * (level - kTileLevels)) == 0;
}

// The centre of a cell for which is_cell() holds; its height does not matter.
inline constexpr Point center_of(uint64_t tile, uint16_t cell, uint8_t level) noexcept {
  const uint64_t x = morton::compact_bits(tile) << kTileLevels | morton::compact_bits(cell);
  const uint64_t y =
      morton::compact_bits(tile >> 1) << kTileLevels | morton::compact_bits(uint64_t{cell} >> 1);
  const unsigned shift = kPointBits - 1 - level;
  return {static_cast<int64_t>((2 * x + 1) << shift), static_cast<int64_t>((2 * y + 1) << shift)};
}

}  // namespace octoload::hot
