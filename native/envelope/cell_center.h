// The centre of a cell, which the residuals of x, y and z are measured from.
#pragma once

#include <array>
#include <cstdint>

#include "../common/frame.h"
#include "../morton/magic_masks.h"
#include "row_key.h"

namespace octoload::envelope {

// The key's cell index (0 .. 2^level - 1) on the axis (0 x, 1 y, 2 z).
inline constexpr uint32_t axis_index(const RowKey& key, unsigned axis) noexcept {
  const uint64_t high = morton::compact_bits(key.tile >> axis);
  const uint64_t low = morton::compact_bits(uint64_t{key.cell} >> axis);
  return static_cast<uint32_t>(high << (kCellBits / 3) | low);
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
