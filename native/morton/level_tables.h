// What a level means to the kernels, looked up by the level's byte so that a
// level out of range needs no branch: its rows are marked bad elsewhere and
// only have to stay harmless here.
#pragma once

#include <cstdint>

#include "../common/frame.h"

namespace octoload::morton {

struct LevelTables {
  double scale[256];          // 2^L: cells along an axis
  double last[256];           // 2^L - 1: the last cell's index
  double half_step[256];      // 2^-(L+1)
  uint64_t code_excess[256];  // bits no whole code of this level has
  uint64_t tile_excess[256];  // ... no tile
  uint64_t cell_excess[256];  // ... no cell (16 bits count)
};

constexpr uint64_t bits_from(unsigned count) {  // all bits at and above `count`
  return count >= 64 ? 0 : ~uint64_t{0} << count;
}

constexpr LevelTables make_level_tables() {
  LevelTables tables{};
  for (unsigned level = 0; level < 256; ++level) {
    const unsigned used = level <= kMaxLevel ? level : 0;
    const double cells = static_cast<double>(uint64_t{1} << used);
    const unsigned code_bits = 3 * used;
    tables.scale[level] = cells;
    tables.last[level] = cells - 1;
    tables.half_step[level] = 0.5 / cells;
    tables.code_excess[level] = bits_from(code_bits);
    tables.tile_excess[level] = bits_from(code_bits > 15 ? code_bits - 15 : 0);
    tables.cell_excess[level] = bits_from(code_bits < 15 ? code_bits : 15) & 0xffff;
  }
  return tables;
}

inline constexpr LevelTables kLevelTables = make_level_tables();

}  // namespace octoload::morton
