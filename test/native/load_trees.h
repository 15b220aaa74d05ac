// Random sources: rows that are each other's parents, children and rivals, now
// and then with a value that does not belong where it is.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "derive_oracle.h"
#include "envelope_random.h"
#include "load_rows.h"
#include "random.h"

namespace octoload::test {

inline TestValue known_text(Random& random) {
  return TestValue::text(std::string(kKnownTexts[random.next() % std::size(kKnownTexts)].text));
}

// Any storage class, too large included; texts are known ones, and no REAL is a
// NaN, which SQLite would not store.
inline TestValue nasty_value(Random& random) {
  constexpr int64_t kEdges[] = {0,
                                1,
                                26,
                                27,
                                -1,
                                INT64_MIN,
                                INT64_MAX,
                                INT32_MIN,
                                INT32_MAX,
                                1ll << 31,
                                -7777777,
                                12345678,
                                1ll << 53,
                                99999999999,
                                -100000000000,
                                (1ll << 53) + 1};
  switch (random.next() % 6) {
    case 0:
      return TestValue::null();
    case 1:
      return TestValue::integer(kEdges[random.next() % std::size(kEdges)]);
    case 2: {
      const TestValue value{envelope::kReal, random_double_bits(random), {}};
      return std::isnan(__builtin_bit_cast(double, value.bits)) ? TestValue::real(2451545.25)
                                                                : value;
    }
    case 3:
      return known_text(random);
    case 4:
      return {envelope::kBlob, 0, random_bytes(random)};
    default:
      return too_large((uint64_t{16} << 20) + 1 + random.next() % 1000);
  }
}

// Somewhere in the cell, as exactly as doubles go.
inline double coordinate_in(const Oracle::Cell& cell, size_t axis, const Frame& frame,
                            double place) {
  double index = 0;
  for (unsigned bit = 0; bit < cell.first; ++bit) {
    if ((cell.second >> (3 * bit + axis) & 1) != 0) index += std::ldexp(1, static_cast<int>(bit));
  }
  const double t = std::ldexp(index + place, -static_cast<int>(cell.first));
  return frame.min[axis] + frame.size[axis] * t;
}

struct TreeShape {
  size_t rows = 300;
  size_t files = 2;
  size_t padding = 0;   // of Metadata that does not compress, in bytes on average
  size_t id_bytes = 8;  // of a TEXT Id at most
  bool is_nasty = true;
  bool may_lack_columns = true;
};

// Random cells, most of them around other ones.
class CellMaker {
 public:
  explicit CellMaker(Random& random) : random_(random) {}

  Oracle::Cell next() {
    Oracle::Cell cell = cells_.empty() ? random_cell() : cells_[random_.next() % cells_.size()];
    const uint64_t choice = random_.next() % 10;
    if (choice == 0) cell = random_cell();
    if (choice >= 3 && cell.first < 26) {
      cell = {cell.first + 1, cell.second * 8 + random_.next() % 8};
    } else if (choice == 1 && cell.first > 0) {
      cell = {cell.first - 1, cell.second >> 3};
    }
    cells_.push_back(cell);
    return cell;
  }

 private:
  Oracle::Cell random_cell() {
    const auto level = static_cast<unsigned>(random_.next() % 27);
    const Wide code = Wide{random_.next()} << 64 | random_.next();
    return {level, code & ((Wide{1} << (3 * level)) - 1)};
  }

  Random& random_;
  std::vector<Oracle::Cell> cells_;
};

class TreeMaker {
 public:
  TreeMaker(const Frame& frame, const TreeShape& shape, Random& random)
      : frame_(frame), shape_(shape), random_(random) {}

  std::vector<LoadFile> make() {
    std::vector<LoadFile> source(shape_.files);
    for (size_t i = 0; i < source.size(); ++i) {
      source[i].facts.number = static_cast<uint32_t>(2 * i);
      fill(source[i], shape_.rows / shape_.files);
    }
    return source;
  }

 private:
  void fill(LoadFile& file, size_t count) {
    constexpr uint32_t kOptional = 1u << batch::kIdColumn | 1u << batch::kMaterialColumn |
                                   1u << batch::kDensityColumn | 1u << batch::kMetadataColumn |
                                   1u << batch::kCreatedColumn;
    constexpr uint32_t kPoint = 7u << batch::kXColumn;  // X, Y and Z lie in a geometry
    if (shape_.may_lack_columns && one_in(random_, 3)) {
      file.facts.absent = static_cast<uint32_t>(random_.next()) & kOptional;
    }
    if (one_in(random_, 4)) file.facts.absent |= kPoint;
    const size_t extras = one_in(random_, 2) ? 1 + random_.next() % 3 : 0;
    file.facts.column_set = extras > 0 ? static_cast<uint32_t>(1 + random_.next() % 300) : 0;
    std::set<int64_t> rowids;
    if (one_in(random_, 3)) rowids.insert(std::numeric_limits<int64_t>::min());
    if (one_in(random_, 3)) rowids.insert(std::numeric_limits<int64_t>::max());
    // Few numbers, so that files have rows of the same rowid.
    const auto most = static_cast<int64_t>(3 * count);
    while (rowids.size() < count) rowids.insert(static_cast<int64_t>(random_.next()) % most);
    for (const int64_t rowid : rowids) file.rows.push_back(make_row(rowid, file.facts, extras));
  }

  LoadRow make_row(int64_t rowid, const load::FileFacts& facts, size_t extras) {
    LoadRow row;
    row.rowid = rowid;
    // Rivals of different files may have the same rowid.
    const bool is_rival = cell_of_rowid_.contains(rowid) && one_in(random_, 4);
    const Oracle::Cell cell = is_rival ? cell_of_rowid_[rowid] : cells_.next();
    cell_of_rowid_[rowid] = cell;
    const bool is_centered = one_in(random_, 2);
    for (size_t axis = 0; axis < 3; ++axis) {
      const double place = is_centered ? 0.5 : random_.unit();
      row.values[batch::kXColumn + axis] =
          TestValue::real(coordinate_in(cell, axis, frame_, place));
    }
    row.values[batch::kLevelColumn] = TestValue::integer(cell.first);
    row.values[batch::kIdColumn] = make_id();
    row.values[batch::kMaterialColumn] =
        one_in(random_, 4) ? TestValue::null()
                           : TestValue::integer(static_cast<int64_t>(random_.next() % 5) - 2);
    row.values[batch::kDensityColumn] = TestValue::real(random_.unit());
    row.values[batch::kMetadataColumn] = make_metadata();
    row.values[batch::kCreatedColumn] =
        one_in(random_, 3) ? TestValue::null()
                           : TestValue::integer(static_cast<int64_t>(random_.next() % 4) - 1);
    row.values[batch::kSelectedColumn] = TestValue::integer(one_in(random_, 12) ? 0 : 1);
    for (size_t k = 0; k < extras; ++k) row.extras.push_back(make_extra());
    if (shape_.is_nasty && one_in(random_, 8)) {
      row.values[random_.next() % batch::kSelectedColumn] = nasty_value(random_);
    }
    for (size_t column = 0; column < batch::kSelectedColumn; ++column) {
      if ((facts.absent >> column & 1) == 0) continue;
      const bool is_coordinate = column >= batch::kXColumn && column <= batch::kZColumn;
      if (!is_coordinate) row.values[column] = TestValue::null();
      if (is_coordinate && row.values[column].kind != envelope::kReal) {
        row.values[column] = TestValue::real(frame_.min[column - batch::kXColumn]);
      }
    }
    return row;
  }

  TestValue make_id() {
    if (!one_in(random_, 4)) return TestValue::integer(static_cast<int64_t>(random_.next() % 50));
    if (one_in(random_, 3)) return TestValue::real(static_cast<double>(random_.next() % 100) / 2);
    return TestValue::text(std::string(random_.next() % (shape_.id_bytes + 1), 'i'));
  }

  TestValue make_metadata() {
    if (shape_.padding == 0 || one_in(random_, 3)) {
      return random_value(random_, static_cast<uint8_t>(3 + random_.next() % 3));
    }
    TestValue value{envelope::kBlob, 0, Bytes(random_.next() % (2 * shape_.padding))};
    for (uint8_t& byte : value.bytes) byte = static_cast<uint8_t>(random_.next());
    return value;
  }

  TestValue make_extra() {
    return random_value(random_, static_cast<uint8_t>(1 + random_.next() % 5));
  }

  Frame frame_;
  TreeShape shape_;
  Random& random_;
  CellMaker cells_{random_};
  std::map<int64_t, Oracle::Cell> cell_of_rowid_;
};

}  // namespace octoload::test
