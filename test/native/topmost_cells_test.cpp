// The topmost cells of a source against their definition.
#include "../../native/derive/topmost_cells.h"

#include <cstdlib>
#include <set>

#include "check.h"
#include "derive_batches.h"
#include "derive_oracle.h"
#include "random.h"

using namespace octoload;
using namespace octoload::test;
using derive::Deriver;
using derive::TopmostCells;

namespace {

using Cells = std::set<Oracle::Cell>;

// Of `cell`, or around it.
bool is_around(const Oracle::Cell& outer, const Oracle::Cell& cell) {
  return outer.first <= cell.first &&
         cell.second >> (3 * (cell.first - outer.first)) == outer.second;
}

Cells topmost_of(const Cells& cells) {
  Cells topmost;
  for (const Oracle::Cell& cell : cells) {
    bool is_topmost = true;
    for (const Oracle::Cell& other : cells) {
      if (other != cell && is_around(other, cell)) is_topmost = false;
    }
    if (is_topmost) topmost.insert(cell);
  }
  return topmost;
}

Cells covered(const Cells& cells, unsigned level) {
  Cells cover;
  for (const auto& [own, code] : cells) {
    const unsigned kept = std::min(own, level);
    cover.insert({kept, code >> (3 * (own - kept))});
  }
  return cover;
}

Cells listed(const TopmostCells& topmost) {
  Cells cells;
  derive::Wide last = 0;
  for (const derive::Wide key : topmost.keys()) {
    CHECK(cells.empty() || last < key);
    last = key;
    const envelope::RowKey row = derive::row_key_of(key);
    cells.insert({row.level, Wide{row.tile} << 15 | row.cell});
  }
  CHECK_EQ(cells.size(), topmost.keys().size());
  return cells;
}

std::vector<SourceRow> random_rows(Random& random) {
  const auto first = static_cast<unsigned>(random.next() % 27);
  const auto levels = static_cast<unsigned>(1 + random.next() % (27 - first));
  // The fewer places, the more cells lie in one another.
  const auto bits = static_cast<unsigned>(random.next() % 79);
  std::vector<SourceRow> rows(random.next() % 60);
  for (SourceRow& row : rows) {
    row.level = first + static_cast<unsigned>(random.next() % levels);
    const Wide place = (Wide{random.next()} << 64 | random.next()) >> 50;
    row.code = place >> bits << bits >> (3 * (26 - row.level));
  }
  return rows;
}

void test_against_definition(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    const std::vector<SourceRow> rows = random_rows(random);
    Cells all;
    for (const SourceRow& row : rows) all.insert({row.level, row.code});
    const Cells topmost = topmost_of(all);

    Deriver deriver;
    derive::Results results;
    CHECK(derive_rows(deriver, rows, random, 9, &results) == derive::Status::kOk);
    CHECK(listed(deriver.topmost_cells()) == topmost);
    CHECK_EQ(deriver.topmost_cells().max_level(), kMaxLevel);

    const size_t most = 1 + random.next() % 12;
    TopmostCells few(most);
    for (const derive::Wide key : deriver.topmost_cells().keys()) few.add(key);
    unsigned level = kMaxLevel;
    while (covered(topmost, level).size() > most) --level;
    CHECK_EQ(few.max_level(), level);
    CHECK(listed(few) == covered(topmost, level));
  }
}

// A whole level more than the list may have, and one less.
void test_default_bound() {
  for (const unsigned level : {4u, 5u, 26u}) {
    TopmostCells cells;
    for (uint64_t i = 0; i < 4097; ++i) {
      uint8_t key[derive::kPreorderKeyBytes];
      derive::pack_preorder_key(
          {i >> 15, static_cast<uint16_t>(i & 0x7fff), static_cast<uint8_t>(level)}, key);
      if (level > 4 || i < 4096) cells.add(derive::load_preorder_key(key));
    }
    CHECK_EQ(cells.max_level(), level == 4 ? kMaxLevel : level - 1);
    CHECK_EQ(cells.keys().size(), level == 4 ? 4096u : 513u);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
  Random random(46);
  test_default_bound();
  test_against_definition(random, 100 + effort * 100);
  return check_report("topmost_cells");
}
