// Paints where some place is within a distance.
#pragma once

#include <cstdint>

#include "places.h"
#include "quad_grid.h"
#include "raster.h"

namespace octoload::hot {

struct DistanceLayer {
  double limit = 0;       // an arc in radians
  size_t features = 0;    // the first so many of the places
  size_t predicates = 1;  // of the whole expression: heat.h
  uint8_t layer = 0;      // the number its pending squares get
};

void paint(const DistanceLayer& layer, const Places& places, const QuadGrid& grid, Raster* raster);

}  // namespace octoload::hot
