// The centre of a cell, which the residuals of x, y and z are measured from.
#pragma once

#include <array>
#include <cstdint>

#include "../common/frame.h"
#include "row_key.h"

namespace octoload::envelope {

// Gathers every third bit, from bit 0 on, of a 63-bit tile. The magic masks are
// the spreading ones of Morton encoding run backwards: groups of bits that lie
// twice their width apart are moved together, the width doubling each step.
inline constexpr uint64_t compact_tile_bits(uint64_t tile) noexcept {
  uint64_t bits = tile & 0x1249249249249249u;
  bits = (bits | (bits >> 2)) & 0x10C30C30C30C30C3u;
  bits = (bits | (bits >> 4)) & 0x100F00F00F00F00Fu;
  bits = (bits | (bits >> 8)) & 0x001F0000FF0000FFu;
  bits = (bits | (bits >> 16)) & 0x001F00000000FFFFu;
  return (bits | (bits >> 32)) & 0x1FFFFFu;
}

// The same for the 15 bits of a cell.
inline constexpr uint32_t compact_cell_bits(uint32_t cell) noexcept {
  uint32_t bits = cell & 0x1249u;
  bits = (bits | (bits >> 2)) & 0x10C3u;
  bits = (bits | (bits >> 4)) & 0x100Fu;
  return (bits | (bits >> 8)) & 0x1Fu;
}

// The key's cell index (0 .. 2^level - 1) on the axis (0 x, 1 y, 2 z).
inline constexpr uint32_t axis_index(const RowKey& key, unsigned axis) noexcept {
  const uint64_t high = compact_tile_bits(key.tile >> axis);
  return static_cast<uint32_t>(high << 5) | compact_cell_bits(uint32_t{key.cell} >> axis);
}

// min + size * ((2i + 1) / 2^(level + 1)), each operation rounded once: the
// quotient is exact (a 27-bit integer scaled by a power of two), and no fused
// multiply-add may be used (-ffp-contract=off).
inline std::array<double, 3> cell_center(const Frame& frame, const RowKey& key) noexcept {
  const uint64_t exponent = 1023u - (key.level + 1u);
  const double scale = __builtin_bit_cast(double, exponent << 52);
  std::array<double, 3> center;
  for (unsigned axis = 0; axis < 3; ++axis) {
    const double odd = static_cast<double>(2 * axis_index(key, axis) + 1);
    center[axis] = frame.min[axis] + frame.size[axis] * (odd * scale);
  }
  return center;
}

}  // namespace octoload::envelope
