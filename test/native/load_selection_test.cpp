// Which rows a load of named rows concerns, against comparing every cell with
// every other one.
#include <cstdlib>

#include "check.h"
#include "load_oracle.h"
#include "load_trees.h"
#include "random.h"

using namespace octoload;
using namespace octoload::test;

namespace {

envelope::RowKey key_of_cell(const Oracle::Cell& cell) {
  SourceRow row;
  row.level = cell.first;
  row.code = cell.second;
  return key_of(row);
}

Named random_named(CellMaker& cells, Random& random) {
  Named named;
  for (uint64_t i = random.next() % 8; i > 0; --i) {
    named.cells.push_back(cells.next());
    if (one_in(random, 3)) named.cells.push_back(named.cells.front());
  }
  for (uint64_t i = random.next() % 30; i > 0; --i) {
    named.rows.push_back(
        {static_cast<uint32_t>(random.next() % 3), static_cast<int64_t>(random.next() % 60) - 30});
  }
  return named;
}

void test_cells(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    CellMaker cells(random);
    for (int i = 0; i < 20; ++i) cells.next();
    const Named named = random_named(cells, random);
    const auto selection = named.selection();
    for (int i = 0; i < 50; ++i) {
      const Oracle::Cell cell = cells.next();
      CHECK_EQ(selection->concerns(key_of_cell(cell)), named.concerns(cell));
    }
  }
}

// Rows of one batch: named ones stay without a key too, and none is selected
// that was not.
void test_rows(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    CellMaker cells(random);
    const Named named = random_named(cells, random);
    const auto file = static_cast<uint32_t>(random.next() % 3);
    std::vector<int64_t> rowids;
    std::vector<uint8_t> has_key, levels, is_selected, expected;
    std::vector<uint64_t> tiles;
    std::vector<uint16_t> row_cells;
    for (int64_t rowid = -35; rowid < 35; ++rowid) {
      if (one_in(random, 3)) continue;
      const Oracle::Cell cell = cells.next();
      const envelope::RowKey key = key_of_cell(cell);
      rowids.push_back(rowid);
      has_key.push_back(one_in(random, 6) ? 0 : 1);
      levels.push_back(key.level);
      tiles.push_back(key.tile);
      row_cells.push_back(key.cell);
      is_selected.push_back(one_in(random, 4) ? 0 : 1);
      const bool is_concerned =
          named.has(file, rowid) || (has_key.back() != 0 && named.concerns(cell));
      expected.push_back(is_selected.back() != 0 && is_concerned ? 1 : 0);
    }
    named.selection()->narrow(
        {file, rowids, has_key.data(), tiles.data(), row_cells.data(), levels.data()},
        is_selected.data());
    CHECK(is_selected == expected);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 30;
  Random random(68);
  test_cells(random, 50 * effort);
  test_rows(random, 50 * effort);
  return check_report("load selection");
}
