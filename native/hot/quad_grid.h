// Where quads lie on the sphere, worked out once for all of them.
#pragma once

#include <array>
#include <bit>
#include <vector>

#include "raster.h"
#include "sphere.h"

namespace octoload::hot {

// Far more than what rounding can do to an arc: 6 mm on the ground. What it
// leaves undecided is decided row by row.
inline constexpr double kArcMargin = 1e-9;

class QuadGrid {
 public:
  QuadGrid();

  Vector center_of(const Quad& quad) const noexcept {
    const auto bits = static_cast<unsigned>(std::countr_zero(quad.size));
    const Turn& east = columns_[bits][quad.x >> bits];
    const Row& row = rows_[bits][quad.y >> bits];
    return {row.turn.cosine * east.cosine, row.turn.cosine * east.sine, row.turn.sine};
  }
  // The arc from its centre to its farthest point, at least.
  double radius_of(const Quad& quad) const noexcept {
    const auto bits = static_cast<unsigned>(std::countr_zero(quad.size));
    return rows_[bits][quad.y >> bits].radius;
  }

 private:
  struct Turn {
    double cosine = 1, sine = 0;
  };
  struct Row {
    Turn turn;
    double radius = kPi;
  };

  // By the binary logarithm of a quad's size.
  std::array<std::vector<Turn>, kRowBits + 1> columns_;
  std::array<std::vector<Row>, kRowBits + 1> rows_;
};

}  // namespace octoload::hot
