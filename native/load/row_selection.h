// Which rows a load that names rows has to send: the named ones, and those whose
// derived columns may differ because of them. A cell that gets another row, or
// loses one, changes the masks and homogeneities of the cells around it, and
// what the cells inside it inherit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "../derive/preorder_key.h"

namespace octoload::load {

struct RowName {
  uint32_t file = 0;
  int64_t rowid = 0;

  bool operator<(const RowName& other) const noexcept {
    return std::tie(file, rowid) < std::tie(other.file, other.rowid);
  }
};

// One element a row, as PreparedRows has them.
struct RowsToNarrow {
  uint32_t file = 0;
  std::span<const int64_t> rowids;  // ascending
  const uint8_t* has_key = nullptr;
  const uint64_t* tiles = nullptr;
  const uint16_t* cells = nullptr;
  const uint8_t* levels = nullptr;
};

class RowSelection {
 public:
  // Rows by name, and the cells that have or had a named row; both in any order.
  // The cells have to be in their level's range.
  RowSelection(std::vector<RowName> rows, std::span<const envelope::RowKey> cells);

  // Whether a row of this cell is sent: a named cell lies in it or around it, or is it.
  bool concerns(const envelope::RowKey& cell) const noexcept;

  // Clears `is_selected` of every row that is neither named nor concerned.
  void narrow(const RowsToNarrow& rows, uint8_t* is_selected) const noexcept;

 private:
  std::vector<RowName> rows_;            // ascending
  std::vector<derive::Wide> cells_;      // preorder keys, ascending
  std::vector<derive::Wide> outermost_;  // those of them that lie in no other one
};

}  // namespace octoload::load
