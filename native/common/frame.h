// A world frame: the box that level 0's one cell fills, in metres.
#pragma once

namespace octoload {

struct Frame {
  double min[3];   // x, y, z of the box's lowest corner
  double size[3];  // x, y, z extents; finite and above zero
};

inline constexpr unsigned kMaxLevel = 26;      // of a tile/cell pair: 78 bits
inline constexpr unsigned kMaxCodeLevel = 21;  // of a whole 63-bit code

}  // namespace octoload
