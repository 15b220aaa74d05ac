// Where a source lies: its cells around which it has no other, as a list that
// stays small whatever the source is.
//
// A whole octree has one topmost cell, its root; a source of orphans may have as
// many as rows. Beyond max_cells() the list becomes a cover: every cell below
// the level L gives way to the cell of level L around it, L being the deepest
// level with which the list is short enough. The cover holds every topmost cell,
// and each of its cells holds one at least.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "preorder_key.h"

namespace octoload::derive {

// Level 4 has as many cells, so that no source is covered more coarsely.
inline constexpr size_t kMaxTopmostCells = 4096;

class TopmostCells {
 public:
  // `max_cells`: 1 or more.
  explicit TopmostCells(size_t max_cells = kMaxTopmostCells) noexcept : max_cells_(max_cells) {}

  // The next one, as a preorder key: behind and outside all those before it.
  void add(Wide key);

  // Ascending; no cell lies in another.
  std::span<const Wide> keys() const noexcept { return keys_; }

  // No cell of the list is below this level. Cells above it are topmost cells; one
  // of this level may stand for some inside it, unless the level is kMaxLevel.
  unsigned max_level() const noexcept { return max_level_; }

 private:
  Wide coarsened(Wide key) const noexcept;
  void coarsen_all() noexcept;

  size_t max_cells_;
  unsigned max_level_ = kMaxLevel;
  std::vector<Wide> keys_;
};

}  // namespace octoload::derive
