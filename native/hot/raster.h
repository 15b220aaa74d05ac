// What is known of each place without looking closer: a raster of 8192 x 4096
// squares of 0.044 degrees (4.9 km at the equator), a byte each.
//
// A byte is the sum of the points of the predicates that hold all over the
// square; kUndecided means that some predicate holds in a part of it only, and
// lists which. Blocks of 16 x 16 squares that are all alike are one entry.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "fixed_point.h"

namespace octoload::hot {

inline constexpr unsigned kColumnBits = 13, kRowBits = 12, kBlockBits = 4;
inline constexpr uint32_t kColumns = 1u << kColumnBits, kRows = 1u << kRowBits;
inline constexpr uint32_t kBlockEdge = 1u << kBlockBits;
inline constexpr uint32_t kBlockColumns = kColumns >> kBlockBits;
inline constexpr uint32_t kBlockRows = kRows >> kBlockBits;

inline constexpr uint8_t kMaxPoints = 254;
inline constexpr uint8_t kUndecided = 255;

inline constexpr uint32_t column_of(int64_t x) noexcept {
  return static_cast<uint32_t>(x >> (kPointBits - kColumnBits));
}
inline constexpr uint32_t row_of(int64_t y) noexcept {
  return static_cast<uint32_t>(y >> (kPointBits - kRowBits));
}

inline constexpr uint8_t add_points(unsigned a, unsigned b) noexcept {
  return static_cast<uint8_t>(a + b < kMaxPoints ? a + b : kMaxPoints);
}

// `size` x `size` squares from (x, y), each a multiple of size: a power of two.
struct Quad {
  uint32_t x = 0, y = 0, size = 1;

  constexpr Quad child(unsigned i) const noexcept {
    const uint32_t half = size / 2;
    return {x + (i & 1) * half, y + (i >> 1) * half, half};
  }
  constexpr Point low() const noexcept { return corner(x, y); }
  constexpr Point high() const noexcept { return corner(x + size, y + size); }
  constexpr Point center() const noexcept {
    const Point a = low(), b = high();
    return {(a.x + b.x) / 2, (a.y + b.y) / 2};
  }

 private:
  static constexpr Point corner(uint32_t x, uint32_t y) noexcept {
    return {int64_t{x} << (kPointBits - kColumnBits), int64_t{y} << (kPointBits - kRowBits)};
  }
};

// The whole map: every walk over it begins with these.
inline constexpr std::array<Quad, 2> kRoots = {Quad{0, 0, kRows}, Quad{kRows, 0, kRows}};

// A predicate that is undecided in a square: what it adds where it holds, and
// which of its features tell.
struct Pending {
  uint32_t first_feature = 0;
  uint8_t layer = 0;
  uint8_t points = 0;
};

class Raster {
 public:
  Raster() : entries_(size_t{kBlockColumns} * kBlockRows) {}

  // Building: one predicate after another, then finish() once.
  void add(const Quad& quad, uint8_t points);
  void add_pending(uint32_t x, uint32_t y, uint8_t layer, uint8_t points,
                   std::span<const uint32_t> features);
  void finish();

  // The byte of a square.
  uint8_t at(uint32_t x, uint32_t y) const noexcept {
    const uint32_t entry = entries_[entry_index(x, y)];
    return entry < kFirstBlock ? static_cast<uint8_t>(entry)
                               : blocks_[entry - kFirstBlock].points[inner_index(x, y)];
  }
  struct Undecided {
    uint8_t points = 0;  // of the predicates that hold all over the square
    std::span<const Pending> pending;
  };
  Undecided undecided_at(uint32_t x, uint32_t y) const noexcept;
  // Of one that undecided_at() gave.
  std::span<const uint32_t> features_of(const Pending& pending) const noexcept {
    const uint32_t end = (&pending + 1)->first_feature;
    return {features_.data() + pending.first_feature, end - pending.first_feature};
  }
  // The most points a place in these squares can have; ends are exclusive.
  uint8_t most_points(uint32_t x, uint32_t y, uint32_t x_end, uint32_t y_end) const noexcept;

  size_t undecided_squares() const noexcept {
    return undecided_.empty() ? 0 : undecided_.size() - 1;
  }
  size_t blocks() const noexcept { return blocks_.size(); }
  size_t bytes() const noexcept;

 private:
  static constexpr uint32_t kFirstBlock = 256;  // entries below are points

  struct Block {
    std::array<uint64_t, 4> undecided{};
    uint32_t first_undecided = 0;
    std::array<uint8_t, kBlockEdge * kBlockEdge> points{};
  };
  // While the predicates are painted: where its square is, and its features.
  struct Painted {
    uint32_t square = 0;  // block << 8 | row in it << 4 | column in it
    uint32_t features = 0;
    Pending pending;
  };
  struct UndecidedSquare {
    uint32_t first_pending = 0;
    uint8_t points = 0;
  };

  static constexpr size_t entry_index(uint32_t x, uint32_t y) noexcept {
    return size_t{y >> kBlockBits} * kBlockColumns + (x >> kBlockBits);
  }
  static constexpr uint32_t inner_index(uint32_t x, uint32_t y) noexcept {
    return (y & (kBlockEdge - 1)) << kBlockBits | (x & (kBlockEdge - 1));
  }
  uint32_t open_block(uint32_t x, uint32_t y);
  void add_to_block(Block* block, const Quad& quad, uint8_t points);
  uint8_t most_at(uint32_t x, uint32_t y) const noexcept;

  std::vector<uint32_t> entries_;
  std::vector<Block> blocks_;
  std::vector<Painted> painted_;
  std::vector<UndecidedSquare> undecided_;  // one more than there are, as of the next
  std::vector<Pending> pending_;
  std::vector<uint32_t> features_;
};

}  // namespace octoload::hot
