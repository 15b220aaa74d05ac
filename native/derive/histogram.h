// Volume by material of the leaves in one open cell, in cells of level 26.
//
// Up to four materials lie in the object itself; more in a hash table with
// linear probing, at most three quarters full. Volumes stay below 2^80: a cell
// of level 0 has 2^78.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "preorder_key.h"

namespace octoload::derive {

// A leaf's class: a material, or that none was found.
struct Material {
  int32_t number = 0;
  bool is_known = false;
};

class Histogram {
 public:
  // Both are false when the system gave no memory.
  [[nodiscard]] bool add(Material material, Wide volume) noexcept;
  // `other` is empty afterwards. Whichever table is smaller is moved into the
  // larger one, so that an entry moves at most log2(entries) times on its way.
  [[nodiscard]] bool take_all(Histogram& other) noexcept;

  size_t materials() const noexcept { return count_; }
  // Largest volume of one material / volume of all. Not of an empty one.
  float homogeneity() const noexcept;
  void clear() noexcept;

 private:
  enum State : uint16_t { kFree, kKnown, kUnknown };

  struct Entry {
    uint64_t volume_low = 0;
    int32_t number = 0;
    uint16_t volume_high = 0;
    uint16_t state = kFree;
  };
  static_assert(sizeof(Entry) == 16);

  static constexpr size_t kInlineEntries = 4;
  static constexpr size_t kFirstSlots = 16;
  static constexpr size_t kKeptSlots = 64;  // of a cleared table; a larger one is freed

  size_t slots() const noexcept { return table_ ? slots_ : kInlineEntries; }
  Entry* entries() noexcept { return table_ ? table_.get() : inline_.data(); }
  Entry* find(int32_t number, uint16_t state) noexcept;
  Entry* find_or_insert(int32_t number, uint16_t state) noexcept;
  [[nodiscard]] bool add_volume(int32_t number, uint16_t state, Wide volume) noexcept;
  [[nodiscard]] bool grow() noexcept;

  std::array<Entry, kInlineEntries> inline_{};  // the first count_, without a table
  std::unique_ptr<Entry[]> table_;
  size_t slots_ = 0;  // of the table, a power of two
  size_t count_ = 0;
  Wide sum_ = 0;
  Wide largest_ = 0;  // volumes only grow, so it is known without a search
};

}  // namespace octoload::derive
