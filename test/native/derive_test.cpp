// The derivation against its definition and worked examples.
#include "../../native/derive/deriver.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <map>

#include "check.h"
#include "derive_batches.h"
#include "derive_oracle.h"
#include "random.h"

using namespace octoload;
using namespace octoload::test;
using derive::Collision;
using derive::Derived;
using derive::Deriver;
using derive::Results;
using derive::Status;

namespace {

Oracle::Cell cell_of(const envelope::RowKey& key) {
  return {key.level, Wide{key.tile} << 15 | key.cell};
}

// Where a cell ends on the curve of level 26, then the larger cell later.
std::pair<Wide, unsigned> postorder_of(const envelope::RowKey& key) {
  const auto [level, code] = cell_of(key);
  return {(code + 1) << (3 * (26 - level)), 26 - level};
}

void check_rows(const Oracle& oracle, const std::vector<Derived>& rows) {
  CHECK_EQ(rows.size(), oracle.cells().size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const Derived& row = rows[i];
    if (i > 0) CHECK(postorder_of(rows[i - 1].key) < postorder_of(row.key));
    const auto found = oracle.cells().find(cell_of(row.key));
    if (!CHECK(found != oracle.cells().end())) continue;
    const OracleResult& expected = found->second;
    CHECK_EQ(row.file, expected.winner->file);
    CHECK_EQ(row.rowid, expected.winner->rowid);
    CHECK_EQ(row.children_mask, expected.children_mask);
    CHECK_EQ(std::bit_cast<uint32_t>(row.homogeneity),
             std::bit_cast<uint32_t>(expected.homogeneity));
    CHECK_EQ(row.is_orphan, expected.is_orphan);
  }
}

using PlainCollision = std::tuple<Oracle::Cell, uint32_t, int64_t, uint32_t, int64_t>;

void check_collisions(const Oracle& oracle, const std::vector<Collision>& collisions) {
  std::vector<PlainCollision> expected, found;
  for (const auto& [cell, result] : oracle.cells()) {
    for (const SourceRow* loser : result.losers) {
      expected.push_back(
          {cell, loser->file, loser->rowid, result.winner->file, result.winner->rowid});
    }
  }
  for (const Collision& one : collisions) {
    found.push_back(
        {cell_of(one.key), one.loser_file, one.loser_rowid, one.winner_file, one.winner_rowid});
  }
  std::sort(expected.begin(), expected.end());
  std::sort(found.begin(), found.end());
  CHECK(expected == found);
}

void check_counts(const Oracle& oracle, const derive::Counts& counts, size_t records) {
  derive::Counts expected;
  std::map<Oracle::Cell, uint64_t> tiles;
  for (const auto& [cell, result] : oracle.cells()) {
    ++expected.rows;
    const uint64_t in_tile = ++tiles[{cell.first, cell.second >> 15}];
    if (in_tile == 1) ++expected.tiles_by_level[cell.first];
    expected.rows_in_largest_tile = std::max(expected.rows_in_largest_tile, in_tile);
    ++expected.rows_by_level[cell.first];
    if (result.is_orphan) ++expected.orphans;
    expected.collisions += result.losers.size();
  }
  CHECK_EQ(counts.rows, expected.rows);
  CHECK_EQ(counts.orphans, expected.orphans);
  CHECK_EQ(counts.collisions, expected.collisions);
  CHECK_EQ(counts.rows + counts.collisions, records);
  CHECK(counts.rows_by_level == expected.rows_by_level);
  CHECK(counts.tiles_by_level == expected.tiles_by_level);
  CHECK_EQ(counts.rows_in_largest_tile, expected.rows_in_largest_tile);
}

void set_random_id(SourceRow& row, Random& random) {
  row.id_kind = static_cast<uint8_t>(1 + random.next() % 5);
  if (row.id_kind == envelope::kInteger || row.id_kind == envelope::kReal) {
    constexpr double kReals[] = {0.0, -0.0, 1.0, 1.5, 0x1p53, 0x1p63, -0x1p63, 1e300};
    constexpr int64_t kIntegers[] = {0,         1,         2,           1ll << 53, (1ll << 53) + 1,
                                     INT64_MAX, INT64_MIN, -(1ll << 40)};
    const size_t at = random.next() % 8;
    row.id_word = row.id_kind == envelope::kReal ? std::bit_cast<uint64_t>(kReals[at])
                                                 : static_cast<uint64_t>(kIntegers[at]);
  } else if (row.id_kind != envelope::kNull) {
    row.id_bytes.resize(random.next() % 3);
    for (uint8_t& byte : row.id_bytes) byte = random.next() % 2 == 0 ? 0x7f : 0x80;
  }
}

struct Shape {
  unsigned first_level, levels;  // of the rows
  size_t paths, materials;
  unsigned nulls, collisions;  // of 16
};

Shape random_shape(Random& random) {
  const auto first = static_cast<unsigned>(random.next() % 27);
  const auto levels = static_cast<unsigned>(1 + random.next() % (27 - first));
  constexpr size_t kMaterials[] = {1, 2, 5, 40};
  return {random.next() % 2 == 0 ? 0 : first,
          levels,
          1 + random.next() % 3,
          kMaterials[random.next() % 4],
          static_cast<unsigned>(random.next() % 17),
          static_cast<unsigned>(random.next() % 8)};
}

int32_t random_material(Random& random, size_t materials) {
  constexpr int32_t kSpecial[] = {INT32_MIN, -1, 0, INT32_MAX};
  const uint64_t pick = random.next() % materials;
  return pick < 4 ? kSpecial[pick] : static_cast<int32_t>(pick * 1000) - 7000;
}

// Rows along a few paths from the world to a cell of level 26, most a little
// aside: so they lie inside each other at every distance.
std::vector<SourceRow> random_rows(Random& random, const Shape& shape, size_t count) {
  std::vector<Wide> paths(shape.paths);
  for (Wide& path : paths) path = (Wide{random.next()} << 64 | random.next()) >> 50;
  std::vector<SourceRow> rows;
  for (size_t i = 0; i < count; ++i) {
    SourceRow row;
    const bool is_repeated = i > 0 && random.next() % 16 < shape.collisions;
    row.level = shape.first_level + static_cast<unsigned>(random.next() % shape.levels);
    row.code = paths[random.next() % shape.paths] >> (3 * (26 - row.level));
    if (random.next() % 2 == 0) row.code ^= random.next() % 64;
    row.code &= (Wide{1} << (3 * row.level)) - 1;
    if (is_repeated) {
      const SourceRow& other = rows[random.next() % rows.size()];
      row.level = other.level;
      row.code = other.code;
    }
    row.file = static_cast<uint32_t>(random.next() % 2 == 0 ? 0 : random.next() % 1000);
    row.rowid = static_cast<int64_t>(i) - 20;
    if (random.next() % 16 >= shape.nulls) row.material = random_material(random, shape.materials);
    if (random.next() % 4 != 0) row.created_us = static_cast<int64_t>(random.next() % 3) - 1;
    set_random_id(row, random);
    rows.push_back(row);
  }
  return rows;
}

void test_random_trees(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    const Shape shape = random_shape(random);
    const std::vector<SourceRow> rows = random_rows(random, shape, random.next() % 120);
    Deriver deriver;
    Results results;
    CHECK(derive_rows(deriver, rows, random, 1 + random.next() % 40, &results) == Status::kOk);
    const Oracle oracle(rows);
    check_rows(oracle, results.rows);
    check_collisions(oracle, results.collisions);
    check_counts(oracle, deriver.counts(), rows.size());
    CHECK_EQ(deriver.records(), rows.size());
  }
}

// Tables of hundreds of materials, which grow, move and are freed.
void test_many_materials(Random& random) {
  for (int round = 0; round < 6; ++round) {
    const Shape shape = {0, 8, 2, size_t{40} << (2 * round), 2, 0};
    std::vector<SourceRow> rows = random_rows(random, shape, 700);
    for (SourceRow& row : rows) {
      if (row.level < 3) continue;
      row.code = random.next() % (Wide{1} << (3 * std::min(row.level, 4u)));
    }
    Deriver deriver;
    Results results;
    CHECK(derive_rows(deriver, rows, random, 50, &results) == Status::kOk);
    check_rows(Oracle(rows), results.rows);
  }
}

Results derived(const std::vector<SourceRow>& rows) {
  Random random(1);
  Deriver deriver;
  Results results;
  CHECK(derive_rows(deriver, rows, random, 3, &results) == Status::kOk);
  return results;
}

const Derived& derived_at(const Results& results, unsigned level, Wide code) {
  static const Derived kNone{};
  for (const Derived& row : results.rows) {
    if (cell_of(row.key) == Oracle::Cell{level, code}) return row;
  }
  CHECK(false);
  return kNone;
}

void test_worked_examples() {
  CHECK_EQ(derived({}).rows.size(), 0u);

  // The world of water; a land octant with one octant of ice of its own, and an
  // octant that inherits the water: 1 + 1 / 8 of volume, 1 of it water.
  const Results world =
      derived({row_at(0, 0, 7), row_at(1, 7, 1), row_at(2, 63, -5), row_at(1, 0, {})});
  CHECK_EQ(derived_at(world, 0, 0).children_mask, 0x81);
  CHECK_EQ(derived_at(world, 0, 0).homogeneity, static_cast<float>(8.0 / 9.0));
  CHECK_EQ(derived_at(world, 1, 7).children_mask, 0x80);
  CHECK_EQ(derived_at(world, 1, 7).homogeneity, 1.0f);
  CHECK_EQ(derived_at(world, 1, 0).homogeneity, 1.0f);
  CHECK(!derived_at(world, 0, 0).is_orphan && !derived_at(world, 2, 63).is_orphan);
  CHECK_EQ(world.rows.back().key.level, 0);

  // Rows without a material around them are one class; a parent that is not
  // there makes an orphan and leaves the mask alone, not the homogeneity.
  const Results gaps = derived({row_at(1, 3, {}), row_at(3, 192, {}), row_at(3, 200, {}),
                                row_at(3, 210, 4), row_at(4, 0, 9)});
  CHECK_EQ(derived_at(gaps, 1, 3).children_mask, 0);
  CHECK_EQ(derived_at(gaps, 1, 3).homogeneity, static_cast<float>(2.0 / 3.0));
  CHECK(derived_at(gaps, 1, 3).is_orphan && derived_at(gaps, 3, 192).is_orphan);
  CHECK(derived_at(gaps, 4, 0).is_orphan);

  // One cell of level 26 among seven of level 1: 7 * 2^75 and 1 more. As a
  // double the sum equals the largest volume.
  std::vector<SourceRow> rows = {row_at(0, 0, 1), row_at(26, 5, 2)};
  for (unsigned i = 1; i < 8; ++i) rows.push_back(row_at(1, i, {}));
  CHECK_EQ(derived_at(derived(rows), 0, 0).homogeneity, 1.0f);
  CHECK_EQ(derived_at(derived(rows), 0, 0).children_mask, 0xfe);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
  Random random(45);
  test_worked_examples();
  test_many_materials(random);
  test_random_trees(random, 100 + effort * 100);
  return check_report("derive");
}
