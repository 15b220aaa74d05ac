#include "row_selection.h"

#include <algorithm>
#include <utility>

namespace octoload::load {
namespace {

using derive::Wide;

Wide preorder_key_of(const envelope::RowKey& key) noexcept {
  const Wide code = Wide{key.tile} << envelope::kCellBits | key.cell;
  // In two steps, because at level 0 it is the whole width.
  return code << (derive::code_shift(key.level) - 1) << 1 | key.level;
}

}  // namespace

RowSelection::RowSelection(std::vector<RowName> rows, std::span<const envelope::RowKey> cells)
    : rows_(std::move(rows)) {
  std::sort(rows_.begin(), rows_.end());
  cells_.reserve(cells.size());
  for (const envelope::RowKey& cell : cells) cells_.push_back(preorder_key_of(cell));
  std::sort(cells_.begin(), cells_.end());
  cells_.erase(std::unique(cells_.begin(), cells_.end()), cells_.end());
  for (const Wide cell : cells_) {
    // In preorder all that lies in a cell comes directly after it.
    if (!outermost_.empty() && derive::is_inside(cell, outermost_.back())) continue;
    outermost_.push_back(cell);
  }
}

bool RowSelection::concerns(const envelope::RowKey& cell) const noexcept {
  const Wide key = preorder_key_of(cell);
  const auto next = std::lower_bound(cells_.begin(), cells_.end(), key);
  if (next != cells_.end() && (*next == key || derive::is_inside(*next, key))) return true;
  const auto after = std::upper_bound(outermost_.begin(), outermost_.end(), key);
  return after != outermost_.begin() && derive::is_inside(key, *(after - 1));
}

void RowSelection::narrow(const RowsToNarrow& rows, uint8_t* is_selected) const noexcept {
  if (rows.rowids.empty()) return;
  auto named = std::lower_bound(rows_.begin(), rows_.end(), RowName{rows.file, rows.rowids[0]});
  for (size_t row = 0; row < rows.rowids.size(); ++row) {
    const RowName name = {rows.file, rows.rowids[row]};
    while (named != rows_.end() && *named < name) ++named;
    if (is_selected[row] == 0) continue;
    if (named != rows_.end() && !(name < *named)) continue;
    const bool is_concerned =
        rows.has_key[row] != 0 && concerns({rows.tiles[row], rows.cells[row], rows.levels[row]});
    if (!is_concerned) is_selected[row] = 0;
  }
}

}  // namespace octoload::load
