#include "topmost_cells.h"

#include <algorithm>

namespace octoload::derive {

void TopmostCells::add(Wide key) {
  const Wide cell = coarsened(key);
  if (!keys_.empty() && keys_.back() == cell) return;
  keys_.push_back(cell);
  while (keys_.size() > max_cells_) {
    --max_level_;
    coarsen_all();
  }
}

Wide TopmostCells::coarsened(Wide key) const noexcept {
  return level_of(key) <= max_level_ ? key : (key & ~below_code(max_level_)) | max_level_;
}

// Cells that lie side by side stay in order, so that equal ones are neighbours.
void TopmostCells::coarsen_all() noexcept {
  for (Wide& key : keys_) key = coarsened(key);
  keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
}

}  // namespace octoload::derive
