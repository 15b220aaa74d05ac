// Spreading and gathering every third bit by shift-and-mask doubling, the
// "magic masks" of the bit-twiddling folklore: each step halves the run length
// of bits that still stand together.
#pragma once

#include <cstdint>

namespace octoload::morton {

inline constexpr uint64_t kThird[6] = {
    0x00000000001fffff,  // 21 bits together
    0x001f00000000ffff,  // runs of 16
    0x001f0000ff0000ff,  // 8
    0x100f00f00f00f00f,  // 4
    0x10c30c30c30c30c3,  // 2
    0x1249249249249249,  // 1: every third bit
};

// Bit k of the low 21 bits goes to bit 3k.
constexpr uint64_t spread_bits(uint64_t v) {
  v &= kThird[0];
  v = (v | v << 32) & kThird[1];
  v = (v | v << 16) & kThird[2];
  v = (v | v << 8) & kThird[3];
  v = (v | v << 4) & kThird[4];
  v = (v | v << 2) & kThird[5];
  return v;
}

// Bit 3k goes to bit k; other bits are ignored.
constexpr uint64_t compact_bits(uint64_t v) {
  v &= kThird[5];
  v = (v | v >> 2) & kThird[4];
  v = (v | v >> 4) & kThird[3];
  v = (v | v >> 8) & kThird[2];
  v = (v | v >> 16) & kThird[1];
  v = (v | v >> 32) & kThird[0];
  return v;
}

}  // namespace octoload::morton
