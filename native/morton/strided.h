// Points whose coordinates lie interleaved: x, y, z, then what the caller put
// between points.
#pragma once

#include "kernel.h"

namespace octoload::morton {

struct StridedPoints {
  const double* xyz = nullptr;  // point i at xyz[i * stride], [.. + 1], [.. + 2]
  size_t stride = 3;            // in doubles; at least 3
  size_t count = 0;
};

// Encodes through separate columns of a cache-sized block, so that every
// kernel needs one form only. Result as of Kernel::encode.
size_t encode_strided(const Kernel& kernel, const StridedPoints& points, const Levels& levels,
                      const Frame& frame, const CodesOut& out);

}  // namespace octoload::morton
