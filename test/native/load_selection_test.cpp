// RowSelection against its definition: every cell is compared with every named
// one by their octants.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../../native/load/row_selection.h"
#include "check.h"
#include "random.h"

namespace octoload::test {
namespace {

using envelope::RowKey;
__extension__ using Wide = unsigned __int128;

// A cell as its octants from the root: one lies in the other where the one's
// begin with the other's.
using Path = std::string;

Path random_path(Random& random, size_t max_level) {
  Path path(random.next() % (max_level + 1), 'a');
  // Few octants, so that cells often lie in each other.
  for (char& octant : path) octant = static_cast<char>('0' + (random.next() % 4 == 0 ? 7 : 1));
  return path;
}

RowKey key_of(const Path& path) {
  Wide code = 0;
  for (const char octant : path) code = code << 3 | static_cast<unsigned>(octant - '0');
  return {static_cast<uint64_t>(code >> 15), static_cast<uint16_t>(code & 0x7fff),
          static_cast<uint8_t>(path.size())};
}

bool are_related(const Path& one, const Path& other) {
  const size_t length = std::min(one.size(), other.size());
  return one.compare(0, length, other, 0, length) == 0;
}

std::vector<RowKey> keys_of(const std::vector<Path>& paths) {
  std::vector<RowKey> keys;
  for (const Path& path : paths) keys.push_back(key_of(path));
  return keys;
}

void check_cells(Random& random, size_t max_level, size_t count) {
  std::vector<Path> named;
  for (size_t i = 0; i < count; ++i) named.push_back(random_path(random, max_level));
  if (count > 2) named.push_back(named[0]);
  // A root would concern every cell.
  std::erase_if(named, [&](const Path& path) { return path.empty() && random.next() % 8 != 0; });
  const load::RowSelection selection({}, keys_of(named));
  for (size_t i = 0; i < 200; ++i) {
    Path cell = random_path(random, max_level);
    if (i < named.size()) cell = named[i];
    const bool expected = std::any_of(named.begin(), named.end(),
                                      [&](const Path& other) { return are_related(cell, other); });
    CHECK_EQ(selection.concerns(key_of(cell)), expected);
  }
}

struct Rows {
  std::vector<int64_t> rowids;
  std::vector<uint8_t> has_key, levels, is_selected;
  std::vector<uint64_t> tiles;
  std::vector<uint16_t> cells;
  std::vector<Path> paths;

  load::RowsToNarrow view(uint32_t file) const {
    return {file, rowids, has_key.data(), tiles.data(), cells.data(), levels.data()};
  }
};

Rows random_rows(Random& random) {
  Rows rows;
  int64_t rowid = random.next() % 8 == 0 ? INT64_MIN : -20;
  for (uint64_t left = random.next() % 40; left > 0; --left) {
    const Path path = random_path(random, 26);
    const RowKey key = key_of(path);
    rows.rowids.push_back(rowid);
    rowid += 1 + static_cast<int64_t>(random.next() % 3);
    rows.has_key.push_back(random.next() % 4 != 0);
    rows.is_selected.push_back(random.next() % 4 != 0);
    // Without a key, what is in its place must not matter.
    const bool has_key = rows.has_key.back() != 0;
    rows.levels.push_back(has_key ? key.level : 0xff);
    rows.tiles.push_back(has_key ? key.tile : UINT64_MAX);
    rows.cells.push_back(has_key ? key.cell : uint16_t{0xffff});
    rows.paths.push_back(path);
  }
  return rows;
}

void check_rows(Random& random) {
  const Rows rows = random_rows(random);
  const auto file = static_cast<uint32_t>(random.next() % 3);
  std::set<std::pair<uint32_t, int64_t>> named;
  std::vector<load::RowName> names;
  for (uint64_t left = random.next() % 30; left > 0; --left) {
    const int64_t near = -25 + static_cast<int64_t>(random.next() % 90);
    const bool is_there = !rows.rowids.empty() && random.next() % 2 == 0;
    const int64_t rowid = is_there ? rows.rowids[random.next() % rows.rowids.size()] : near;
    names.push_back({static_cast<uint32_t>(random.next() % 3), rowid});
    named.insert({names.back().file, rowid});
  }
  std::vector<Path> paths;
  for (uint64_t left = random.next() % 4; left > 0; --left) {
    paths.push_back(random_path(random, 26) + "1");
    if (paths.back().size() > 26) paths.back().pop_back();
  }
  const load::RowSelection selection(names, keys_of(paths));
  std::vector<uint8_t> narrowed = rows.is_selected;
  selection.narrow(rows.view(file), narrowed.data());
  for (size_t i = 0; i < rows.rowids.size(); ++i) {
    const bool is_concerned =
        rows.has_key[i] != 0 && std::any_of(paths.begin(), paths.end(), [&](const Path& path) {
          return are_related(rows.paths[i], path);
        });
    const bool is_named = named.count({file, rows.rowids[i]}) != 0;
    CHECK_EQ(narrowed[i] != 0, rows.is_selected[i] != 0 && (is_named || is_concerned));
  }
}

// Cells that share a corner differ in nothing but the level.
void check_corners() {
  for (size_t named = 0; named <= kMaxLevel; ++named) {
    const Path deep = Path(named, '0');
    const load::RowSelection selection({}, keys_of({deep}));
    for (size_t level = 0; level <= kMaxLevel; ++level) {
      CHECK(selection.concerns(key_of(Path(level, '0'))));
      CHECK_EQ(selection.concerns(key_of(Path(level, '7'))), level == 0 || named == 0);
    }
  }
}

void check_nothing() {
  const load::RowSelection nothing({}, {});
  CHECK(!nothing.concerns({0, 0, 0}));
  CHECK(!nothing.concerns(key_of(Path(26, '7'))));
}

}  // namespace
}  // namespace octoload::test

int main(int argc, char** argv) {
  using namespace octoload::test;
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
  Random random(20240502);
  check_nothing();
  check_corners();
  for (size_t round = 0; round < 2000 * effort; ++round) {
    check_cells(random, round % 2 == 0 ? 5 : 26, random.next() % 12);
    check_rows(random);
  }
  return check_report("load_selection");
}
