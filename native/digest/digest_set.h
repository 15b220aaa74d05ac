// Sums of row digests by Morton range (docs/digest.md). A set's digest is how
// many rows it has and the sum of their digests modulo 2^256, so the order in
// which they came does not matter, and sets add up and subtract.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "../envelope/row_key.h"
#include "row_digest.h"

namespace octoload::digest {

// Of the cells whose codes number the ranges.
inline constexpr unsigned kRangeLevel = 4;

struct RangeSum {
  uint64_t range = 0;
  uint64_t rows = 0;
  Number256 sum;

  bool operator==(const RangeSum&) const = default;
};
// How a set is stored: these, ascending by range, little-endian.
static_assert(sizeof(RangeSum) == 48 && std::is_trivially_copyable_v<RangeSum>);

// The range of a cell: the cell of level kRangeLevel that holds its min corner.
// The key is in its level's range.
inline uint64_t range_of(const envelope::RowKey& key) noexcept {
  static_assert(3 * kRangeLevel <= envelope::kCellBits);  // so above it there are no tiles
  if (key.level < kRangeLevel) return uint64_t{key.cell} << (3 * (kRangeLevel - key.level));
  const unsigned deeper = 3 * (key.level - kRangeLevel);
  if (deeper >= envelope::kCellBits) return key.tile >> (deeper - envelope::kCellBits);
  return key.tile << (envelope::kCellBits - deeper) | uint64_t{key.cell} >> deeper;
}

// Adds up rows in any order.
class DigestSums {
 public:
  DigestSums();

  void add(uint64_t range, const Number256& digest);
  // Ascending by range.
  std::vector<RangeSum> sorted() const;

 private:
  uint32_t& slot_of(uint64_t range) noexcept;
  void grow();

  std::vector<RangeSum> sums_;   // as they came
  std::vector<uint32_t> slots_;  // by hash: index in sums_ + 1, 0: free; a power of two
  size_t last_ = 0;              // rows in a target's key order stay in a range for long
};

// Whether the ranges ascend, and each has rows and is a cell's code.
bool is_digest_set(std::span<const RangeSum> set) noexcept;

// Both sets are is_digest_set().
std::vector<RangeSum> add(std::span<const RangeSum> a, std::span<const RangeSum> b);
// Into `difference`; false where `b` has more rows in a range than `a`, or as
// many that are not the same.
bool subtract(std::span<const RangeSum> a, std::span<const RangeSum> b,
              std::vector<RangeSum>* difference);

}  // namespace octoload::digest
