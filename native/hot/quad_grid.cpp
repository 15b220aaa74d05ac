#include "quad_grid.h"

#include <algorithm>

namespace octoload::hot {
namespace {

// Of quads up to 90 degrees wide the farthest point is a corner nearer the
// equator: at a given latitude the distance grows with the longitude's
// difference, and along the side it is convex.
double radius_at(double latitude, double half) {
  const double nearer = std::max(0.0, std::abs(latitude) - half);
  const double sine = std::sin(half / 2);
  const double haversine = sine * sine * (1 + std::cos(latitude) * std::cos(nearer));
  return 2 * std::asin(std::min(1.0, std::sqrt(haversine))) + kArcMargin;
}

}  // namespace

QuadGrid::QuadGrid() {
  for (unsigned bits = 0; bits <= kRowBits; ++bits) {
    const double half = kPi / 2 * static_cast<double>(1u << bits) / kRows;
    columns_[bits].resize(kColumns >> bits);
    for (size_t i = 0; i < columns_[bits].size(); ++i) {
      const double longitude = half * static_cast<double>(2 * i + 1) - kPi;
      columns_[bits][i] = {std::cos(longitude), std::sin(longitude)};
    }
    rows_[bits].resize(kRows >> bits);
    for (size_t i = 0; i < rows_[bits].size(); ++i) {
      const double latitude = half * static_cast<double>(2 * i + 1) - kPi / 2;
      const bool is_root = bits == kRowBits;
      rows_[bits][i] = {{std::cos(latitude), std::sin(latitude)},
                        is_root ? kPi : radius_at(latitude, half)};
    }
  }
}

}  // namespace octoload::hot
