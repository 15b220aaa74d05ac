// Paints a box of degrees.
#pragma once

#include <cstdint>

#include "raster.h"

namespace octoload::hot {

// All four sides belong to it; west > east: across the antimeridian.
struct Box {
  double west = 0, south = 0, east = 0, north = 0;

  constexpr bool holds(double longitude, double latitude) const noexcept {
    if (latitude < south || latitude > north) return false;
    const bool is_east = longitude >= west, is_west = longitude <= east;
    return west <= east ? is_east && is_west : is_east || is_west;
  }
};

void paint(const Box& box, uint8_t layer, uint8_t points, Raster* raster);

}  // namespace octoload::hot
