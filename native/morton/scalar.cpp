// The oracle: one row at a time, magic-mask spreading, no vectorising. It stays
// dull; what it says is what every other kernel must say.
#include "kernels.h"
#include "magic_masks.h"

#include <limits>

#if defined(__clang__)
#define OCTOLOAD_DULL_LOOP _Pragma("clang loop vectorize(disable) interleave(disable)")
#else
#pragma GCC optimize("no-tree-vectorize,no-tree-slp-vectorize")
#define OCTOLOAD_DULL_LOOP
#endif

namespace octoload::morton {
namespace {

uint64_t interleave(uint64_t ix, uint64_t iy, uint64_t iz) {
  return spread_bits(ix) | (spread_bits(iy) << 1) | (spread_bits(iz) << 2);
}

// False when the value lies outside the frame on this axis.
bool quantise(double value, double min, double size, unsigned level, uint64_t* index) {
  const double t = (value - min) / size;
  if (!(t >= 0.0 && t <= 1.0)) return false;
  const uint64_t cells = uint64_t{1} << level;
  const uint64_t i = static_cast<uint64_t>(t * static_cast<double>(cells));
  *index = i < cells ? i : cells - 1;
  return true;
}

uint8_t encode_row(double x, double y, double z, unsigned level, bool whole, const Frame& frame,
                   uint64_t index[3]) {
  uint8_t status = kRowOk;
  const bool level_ok = level <= (whole ? kMaxCodeLevel : kMaxLevel);
  const unsigned safe_level = level_ok ? level : 0;
  if (!level_ok) status |= kRowBadLevel;
  if (!quantise(x, frame.min[0], frame.size[0], safe_level, &index[0])) status |= kRowXOutside;
  if (!quantise(y, frame.min[1], frame.size[1], safe_level, &index[1])) status |= kRowYOutside;
  if (!quantise(z, frame.min[2], frame.size[2], safe_level, &index[2])) status |= kRowZOutside;
  return status;
}

size_t encode(const Points& points, const Levels& levels, const Frame& frame, const CodesOut& out) {
  size_t rejected = 0;
  const bool whole = out.cells == nullptr;
  OCTOLOAD_DULL_LOOP for (size_t row = 0; row < points.count; ++row) {
    const unsigned level = levels.each != nullptr ? levels.each[row] : levels.all;
    uint64_t i[3] = {};
    const uint8_t status =
        encode_row(points.x[row], points.y[row], points.z[row], level, whole, frame, i);
    out.status[row] = status;
    if (status != kRowOk) {
      out.tiles[row] = kNoCode;
      if (!whole) out.cells[row] = kNoCell;
      ++rejected;
    } else if (whole) {
      out.tiles[row] = interleave(i[0], i[1], i[2]);
    } else {
      out.tiles[row] = interleave(i[0] >> 5, i[1] >> 5, i[2] >> 5);
      out.cells[row] = static_cast<uint16_t>(interleave(i[0] & 31, i[1] & 31, i[2] & 31));
    }
  }
  return rejected;
}

uint8_t decode_row(uint64_t tile, uint64_t cell, unsigned level, bool whole, uint64_t index[3]) {
  if (level > (whole ? kMaxCodeLevel : kMaxLevel)) return kRowBadLevel;
  const unsigned code_bits = 3 * level;
  if (whole) {
    if (tile >> code_bits != 0) return kRowBadCode;
  } else {
    const unsigned cell_bits = code_bits < 15 ? code_bits : 15;
    if (tile >> (code_bits - cell_bits) != 0 || cell >> cell_bits != 0) return kRowBadCode;
  }
  for (unsigned axis = 0; axis < 3; ++axis) {
    index[axis] = compact_bits(tile >> axis);
    if (!whole) index[axis] = index[axis] << 5 | compact_bits(cell >> axis);
  }
  return kRowOk;
}

double corner_of(uint64_t index, unsigned corner, unsigned level, double min, double size) {
  const double halves = static_cast<double>(2 * index + corner);
  const double cells_times_two = static_cast<double>(uint64_t{2} << level);
  return min + size * (halves / cells_times_two);
}

size_t decode(const Codes& codes, const Levels& levels, Corner corner, const Frame& frame,
              const PointsOut& out) {
  size_t rejected = 0;
  const bool whole = codes.cells == nullptr;
  double* const axes[3] = {out.x, out.y, out.z};
  OCTOLOAD_DULL_LOOP for (size_t row = 0; row < codes.count; ++row) {
    const unsigned level = levels.each != nullptr ? levels.each[row] : levels.all;
    const uint64_t cell = whole ? 0 : codes.cells[row];
    uint64_t i[3] = {};
    const uint8_t status = decode_row(codes.tiles[row], cell, level, whole, i);
    out.status[row] = status;
    rejected += status != kRowOk;
    for (unsigned axis = 0; axis < 3; ++axis) {
      axes[axis][row] = status != kRowOk ? std::numeric_limits<double>::quiet_NaN()
                                         : corner_of(i[axis], static_cast<unsigned>(corner), level,
                                                     frame.min[axis], frame.size[axis]);
    }
  }
  return rejected;
}

uint64_t bits_of(double value) {
  uint64_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}

void copy_in(const Points& points, uint64_t* out) {
  OCTOLOAD_DULL_LOOP for (size_t row = 0; row < points.count; ++row) {
    out[row] = bits_of(points.x[row]) ^ bits_of(points.y[row]) ^ bits_of(points.z[row]);
  }
}

void copy_out(const Codes& codes, const PointsOut& out) {
  OCTOLOAD_DULL_LOOP for (size_t row = 0; row < codes.count; ++row) {
    double value;
    __builtin_memcpy(&value, &codes.tiles[row], sizeof value);
    out.x[row] = value;
    out.y[row] = value;
    out.z[row] = value;
  }
}

}  // namespace

const Kernel kScalarKernel = {"scalar", encode, decode, copy_in, copy_out};

}  // namespace octoload::morton
