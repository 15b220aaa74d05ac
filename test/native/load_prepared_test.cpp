// Source columns as the kernels want them, against the rules read one row at a
// time: every storage class in every column.
#include <cstdlib>

#include "check.h"
#include "load_judge.h"
#include "load_trees.h"

using namespace octoload;
using namespace octoload::test;

namespace {

LoadRow good_row(const Frame& frame, Random& random) {
  LoadRow row;
  row.rowid = static_cast<int64_t>(random.next());
  for (size_t axis = 0; axis < 3; ++axis) {
    const double number = frame.min[axis] + frame.size[axis] * random.unit();
    row.values[batch::kXColumn + axis] = TestValue::real(number);
  }
  row.values[batch::kLevelColumn] = TestValue::integer(static_cast<int64_t>(random.next() % 27));
  row.values[batch::kIdColumn] = TestValue::integer(1);
  row.values[batch::kMaterialColumn] = TestValue::integer(static_cast<int32_t>(random.next()));
  row.values[batch::kDensityColumn] = TestValue::real(1);
  row.values[batch::kMetadataColumn] = TestValue::text("{}");
  row.values[batch::kCreatedColumn] = TestValue::text("1970-01-01");
  row.values[batch::kSelectedColumn] = TestValue::integer(1);
  return row;
}

void check_prepared(const std::vector<LoadRow>& rows, const load::PrepareOptions& options) {
  const Bytes block = make_source_block(rows);
  const batch::SourceBatch batch = parse_source(block);
  load::PreparedRows prepared;
  prepared.prepare(batch, {}, options);
  if (!CHECK_EQ(prepared.count(), rows.size())) return;
  const Judge judge(options);
  size_t unreadable = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const Judged judged = judge.judge(rows[i]);
    unreadable += judged.has_unreadable_created ? 1 : 0;
    CHECK_EQ(prepared.status[i], judged.status);
    CHECK_EQ(prepared.has_key[i], uint8_t{judged.has_key});
    CHECK_EQ(prepared.is_selected[i], uint8_t{judged.is_selected});
    CHECK_EQ(prepared.no_material[i], uint8_t{!judged.material});
    CHECK_EQ(prepared.materials[i], judged.material.value_or(0));
    CHECK_EQ(prepared.has_created[i], uint8_t{judged.created_us.has_value()});
    CHECK_EQ(prepared.created_us[i], judged.created_us.value_or(0));
    if (!judged.has_key) continue;
    CHECK_EQ(prepared.levels[i], judged.level);
    CHECK_EQ(prepared.tiles[i], static_cast<uint64_t>(judged.code >> 15));
    CHECK_EQ(prepared.cells[i], static_cast<uint64_t>(judged.code) & 0x7fff);
  }
  CHECK_EQ(prepared.unreadable_created, unreadable);
}

load::PrepareOptions random_options(Random& random) {
  load::PrepareOptions options;
  options.frame = kFrames[random.next() % std::size(kFrames)];
  options.coerce_text = one_in(random, 2);
  if (one_in(random, 2)) options.min_level = static_cast<uint8_t>(random.next() % 27);
  if (one_in(random, 2)) options.max_level = static_cast<uint8_t>(random.next() % 27);
  return options;
}

// One column at a time: every storage class and every known text, among rows
// that are as usual and without them, where a column is converted at once.
void test_each_column(Random& random) {
  for (size_t column = 0; column < batch::kSelectedColumn; ++column) {
    for (const bool coerce : {false, true}) {
      load::PrepareOptions options;
      options.frame = kFrames[0];
      options.coerce_text = coerce;
      std::vector<LoadRow> rows;
      const auto add = [&](const TestValue& value) {
        LoadRow row = good_row(options.frame, random);
        row.values[column] = value;
        check_prepared({row}, options);
        rows.push_back(row);
        rows.push_back(good_row(options.frame, random));
      };
      for (const KnownText& known : kKnownTexts) add(TestValue::text(std::string(known.text)));
      for (int i = 0; i < 60; ++i) add(nasty_value(random));
      check_prepared(rows, options);
    }
  }
}

void test_mixtures(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    const load::PrepareOptions options = random_options(random);
    const size_t extras = random.next() % 3;
    const uint64_t nastiness = 1 + random.next() % 20;
    std::vector<LoadRow> rows(random.next() % 70);
    for (LoadRow& row : rows) {
      row = good_row(options.frame, random);
      for (size_t k = 0; k < extras; ++k) {
        row.extras.push_back(one_in(random, 10) ? nasty_value(random) : TestValue::integer(5));
      }
      for (size_t column = 0; column < batch::kSelectedColumn; ++column) {
        if (one_in(random, nastiness)) row.values[column] = nasty_value(random);
      }
      if (one_in(random, 5)) row.values[batch::kSelectedColumn] = TestValue::integer(0);
    }
    check_prepared(rows, options);
  }
}

// The statuses by name, once and by hand: those of the rules, and which of two
// is told.
void test_named() {
  Random random(1);
  load::PrepareOptions options;
  options.frame = kFrames[0];
  const auto status_of = [&](const std::vector<std::pair<size_t, TestValue>>& changes) {
    LoadRow row = good_row(options.frame, random);
    for (const auto& [column, value] : changes) row.values[column] = value;
    const Bytes block = make_source_block({&row, 1});
    load::PreparedRows prepared;
    prepared.prepare(parse_source(block), {}, options);
    return prepared.status[0];
  };
  constexpr int64_t kInexact = (int64_t{1} << 53) + 1;
  using batch::kLevelColumn, batch::kXColumn, batch::kYColumn, batch::kZColumn,
      batch::kMaterialColumn, batch::kMetadataColumn;
  CHECK_EQ(status_of({}), kRowOk);
  CHECK_EQ(status_of({{kLevelColumn, TestValue::real(3)}}), kRowBadLevelClass);
  CHECK_EQ(status_of({{kLevelColumn, TestValue::text("3")}}), kRowBadLevelClass);
  CHECK_EQ(status_of({{kLevelColumn, TestValue::integer(27)}}), kRowBadLevel);
  CHECK_EQ(status_of({{kLevelColumn, TestValue::integer(-1)}}), kRowBadLevel);
  CHECK_EQ(status_of({{kLevelColumn, TestValue::integer(256)}}), kRowBadLevel);
  CHECK_EQ(status_of({{kXColumn, TestValue::null()}}), kRowBadCoordinate);
  CHECK_EQ(status_of({{kYColumn, TestValue::integer(kInexact)}}), kRowInexactCoordinate);
  CHECK_EQ(status_of({{kXColumn, TestValue::integer(-20'000'000)}}), kRowOk);
  CHECK_EQ(status_of({{kXColumn, TestValue::integer(-20'000'001)}}), kRowXOutside);
  CHECK_EQ(status_of({{kYColumn, TestValue::real(1e9)}, {kZColumn, TestValue::real(-1e9)}}),
           kRowYOutside | kRowZOutside);
  CHECK_EQ(status_of({{kXColumn, TestValue::null()}, {kZColumn, TestValue::real(1e9)}}),
           kRowBadCoordinate);
  CHECK_EQ(status_of({{kMaterialColumn, TestValue::integer(int64_t{1} << 31)}}), kRowBadMaterial);
  CHECK_EQ(status_of({{kMaterialColumn, TestValue::real(1)}}), kRowBadMaterial);
  CHECK_EQ(status_of({{kMaterialColumn, TestValue::null()}}), kRowOk);
  CHECK_EQ(status_of({{kMetadataColumn, too_large(1)}}), kRowTooLarge);
  CHECK_EQ(status_of({{kMetadataColumn, too_large(1)}, {kXColumn, TestValue::real(1e9)}}),
           kRowXOutside);
  options.coerce_text = true;
  CHECK_EQ(status_of({{kLevelColumn, TestValue::text("3")}}), kRowOk);
  CHECK_EQ(status_of({{kLevelColumn, TestValue::text("3.0")}}), kRowBadLevelClass);
  CHECK_EQ(status_of({{kXColumn, TestValue::text("1e5")}}), kRowOk);
  CHECK_EQ(status_of({{kXColumn, TestValue::text(" 1")}}), kRowBadCoordinate);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 30;
  Random random(66);
  test_named();
  test_each_column(random);
  test_mixtures(random, 40 * effort);
  return check_report("load prepared");
}
