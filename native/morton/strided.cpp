#include "strided.h"

namespace octoload::morton {
namespace {

constexpr size_t kBlockRows = 512;  // 12 KiB of columns: they stay in the first cache

}  // namespace

size_t encode_strided(const Kernel& kernel, const StridedPoints& points, const Levels& levels,
                      const Frame& frame, const CodesOut& out) {
  double columns[3][kBlockRows];
  size_t rejected = 0;
  for (size_t row = 0; row < points.count; row += kBlockRows) {
    const size_t left = points.count - row;
    const size_t rows = left < kBlockRows ? left : kBlockRows;
    const double* from = points.xyz + row * points.stride;
    for (size_t i = 0; i < rows; ++i, from += points.stride) {
      for (unsigned axis = 0; axis < 3; ++axis) columns[axis][i] = from[axis];
    }
    const Levels block_levels{levels.each == nullptr ? nullptr : levels.each + row, levels.all};
    rejected += kernel.encode(
        {columns[0], columns[1], columns[2], rows}, block_levels, frame,
        {out.tiles + row, out.cells == nullptr ? nullptr : out.cells + row, out.status + row});
  }
  return rejected;
}

}  // namespace octoload::morton
