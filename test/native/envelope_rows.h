// Rows as a test likes them: each value with its own bytes; and the way from
// them to the codec's columns and back.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "../../native/envelope/envelope.h"

namespace octoload::test {

using Bytes = std::vector<uint8_t>;

struct TestValue {
  uint8_t kind = envelope::kAbsent;
  uint64_t bits = 0;
  Bytes bytes;

  bool operator==(const TestValue&) const = default;

  static TestValue integer(int64_t value) {
    return {envelope::kInteger, static_cast<uint64_t>(value), {}};
  }
  static TestValue real(double value) {
    return {envelope::kReal, __builtin_bit_cast(uint64_t, value), {}};
  }
  static TestValue text(const std::string& value) {
    return {envelope::kText, 0, {value.begin(), value.end()}};
  }
  static TestValue null() { return {envelope::kNull, 0, {}}; }
};

struct TestRow {
  uint8_t level = 0;
  uint64_t tile = 0;
  uint16_t cell = 0;
  uint64_t xyz[3] = {};  // bits of the doubles
  TestValue id, density, created, metadata;
  TestValue originals[envelope::kOriginals] = {{envelope::kReal, 0, {}},
                                               {envelope::kReal, 0, {}},
                                               {envelope::kReal, 0, {}},
                                               {envelope::kInteger, 0, {}},
                                               {envelope::kInteger, 0, {}}};
  uint32_t column_set = 0;
  std::vector<TestValue> extras;

  bool operator==(const TestRow&) const = default;
};

inline bool has_bytes(const TestValue& value) {
  return value.kind == envelope::kText || value.kind == envelope::kBlob;
}

// The columns of rows that share one column set and number of extras.
class TestColumns {
 public:
  explicit TestColumns(const std::vector<TestRow>& rows) {
    const size_t extras = rows.empty() ? 0 : rows[0].extras.size();
    kinds_.resize(4 + envelope::kOriginals + extras);
    slots_.resize(kinds_.size());
    for (const TestRow& row : rows) add(row);
    columns_.count = rows.size();
    columns_.keys = {tiles_.data(), cells_.data(), levels_.data(), 0};
    for (size_t axis = 0; axis < 3; ++axis) columns_.xyz[axis] = xyz_[axis].data();
    columns_.id = column(0);
    columns_.density = column(1);
    columns_.created = column(2);
    columns_.metadata = column(3);
    for (size_t k = 0; k < envelope::kOriginals; ++k) columns_.originals[k] = column(4 + k);
    for (size_t k = 0; k < extras; ++k) extras_.push_back(column(4 + envelope::kOriginals + k));
    columns_.extras = extras_;
    columns_.column_set = rows.empty() ? 0 : rows[0].column_set;
    columns_.bytes = bytes_;
  }
  TestColumns(const TestColumns&) = delete;

  envelope::Columns columns_;

 private:
  void add(const TestRow& row) {
    tiles_.push_back(row.tile);
    cells_.push_back(row.cell);
    levels_.push_back(row.level);
    for (size_t axis = 0; axis < 3; ++axis) {
      xyz_[axis].push_back(__builtin_bit_cast(double, row.xyz[axis]));
    }
    size_t column = 0;
    for (const TestValue* value : {&row.id, &row.density, &row.created, &row.metadata}) {
      add(column++, *value);
    }
    for (const TestValue& value : row.originals) add(column++, value);
    for (const TestValue& value : row.extras) add(column++, value);
  }

  void add(size_t column, const TestValue& value) {
    kinds_[column].push_back(value.kind);
    uint64_t slot = value.bits;
    if (has_bytes(value)) slot = bytes_.size() | uint64_t{value.bytes.size()} << 32;
    slots_[column].push_back(slot);
    bytes_.insert(bytes_.end(), value.bytes.begin(), value.bytes.end());
  }

  envelope::ValueColumn column(size_t index) const {
    return {kinds_[index].data(), envelope::kAbsent, slots_[index].data()};
  }

  std::vector<uint64_t> tiles_;
  std::vector<uint16_t> cells_;
  std::vector<uint8_t> levels_;
  std::vector<double> xyz_[3];
  std::vector<std::vector<uint8_t>> kinds_;
  std::vector<std::vector<uint64_t>> slots_;
  std::vector<envelope::ValueColumn> extras_;
  Bytes bytes_;
};

struct Encoded {
  envelope::BatchResult result;
  Bytes bytes;
  std::vector<uint32_t> offsets;
  std::vector<uint8_t> status;

  Bytes envelope(size_t row) const {
    return {bytes.begin() + offsets[row], bytes.begin() + offsets[row + 1]};
  }
};

// Into a buffer of exactly the bound, so that a sanitizer sees an overrun.
inline Encoded encode_columns(const envelope::Columns& columns, const Frame& frame,
                              const envelope::Dictionary* dictionary) {
  Encoded encoded;
  encoded.offsets.resize(columns.count + 1);
  encoded.status.resize(columns.count);
  encoded.bytes.resize(envelope::encode_bound(columns));
  encoded.result = envelope::encode(columns, frame, dictionary,
                                    {encoded.bytes, encoded.offsets.data(), encoded.status.data()});
  encoded.bytes.resize(encoded.offsets.back());
  encoded.bytes.shrink_to_fit();
  return encoded;
}

inline Encoded encode_rows(const std::vector<TestRow>& rows, const Frame& frame,
                           const envelope::Dictionary* dictionary) {
  return encode_columns(TestColumns(rows).columns_, frame, dictionary);
}

struct Decoded {
  envelope::BatchResult result;
  std::vector<TestRow> rows;
  std::vector<uint8_t> status;
  size_t bytes_used = 0;
};

// How much room a decode gets; by default what decode_bound() asks for.
struct DecodeRoom {
  size_t bytes = SIZE_MAX;
  size_t extras = SIZE_MAX;
};

class DecodeBuffers {
 public:
  DecodeBuffers(size_t count, size_t bytes, size_t extras)
      : kinds_(4 + envelope::kOriginals + extras, std::vector<uint8_t>(count, 0xEE)),
        slots_(kinds_.size(), std::vector<uint64_t>(count, ~0ull)),
        column_sets_(count),
        bytes_(bytes),
        status_(count) {
    for (size_t axis = 0; axis < 3; ++axis) {
      xyz_[axis].resize(count);
      out_.xyz[axis] = xyz_[axis].data();
    }
    out_.id = column(0);
    out_.density = column(1);
    out_.created = column(2);
    out_.metadata = column(3);
    for (size_t k = 0; k < envelope::kOriginals; ++k) out_.originals[k] = column(4 + k);
    for (size_t k = 0; k < extras; ++k) extras_.push_back(column(4 + envelope::kOriginals + k));
    out_.extras = extras_;
    out_.column_sets = column_sets_.data();
    out_.bytes = bytes_;
    out_.status = status_.data();
  }
  DecodeBuffers(const DecodeBuffers&) = delete;

  // Row `index` without its key; extras only where the row has a column set.
  TestRow row(size_t index) const {
    TestRow row;
    for (size_t axis = 0; axis < 3; ++axis) {
      row.xyz[axis] = __builtin_bit_cast(uint64_t, xyz_[axis][index]);
    }
    size_t column = 0;
    for (TestValue* value : {&row.id, &row.density, &row.created, &row.metadata}) {
      *value = this->value(column++, index);
    }
    for (TestValue& value : row.originals) value = this->value(column++, index);
    row.column_set = column_sets_[index];
    for (; column < kinds_.size(); ++column) row.extras.push_back(value(column, index));
    return row;
  }

  envelope::DecodeOutput out_;

 private:
  envelope::MutableValueColumn column(size_t index) {
    return {kinds_[index].data(), slots_[index].data()};
  }

  TestValue value(size_t column, size_t index) const {
    TestValue value{kinds_[column][index], slots_[column][index], {}};
    if (!has_bytes(value)) return value;
    const uint8_t* data = bytes_.data() + static_cast<uint32_t>(value.bits);
    value.bytes.assign(data, data + (value.bits >> 32));
    value.bits = 0;
    return value;
  }

  std::vector<double> xyz_[3];
  std::vector<std::vector<uint8_t>> kinds_;
  std::vector<std::vector<uint64_t>> slots_;
  std::vector<envelope::MutableValueColumn> extras_;
  std::vector<uint32_t> column_sets_;
  Bytes bytes_;
  std::vector<uint8_t> status_;
};

inline Decoded decode_envelopes(const envelope::Envelopes& envelopes, const Frame& frame,
                                const envelope::Dictionary* dictionary, DecodeRoom room = {}) {
  const envelope::DecodeBound bound = envelope::decode_bound(envelopes);
  if (room.bytes == SIZE_MAX) room.bytes = bound.bytes;
  if (room.extras == SIZE_MAX) room.extras = bound.extra_columns;
  DecodeBuffers buffers(envelopes.count, room.bytes, room.extras);
  const envelope::Dictionary* const known[] = {nullptr, dictionary};
  Decoded decoded;
  decoded.result = envelope::decode(envelopes, frame, known, buffers.out_, &decoded.bytes_used);
  decoded.status.assign(buffers.out_.status, buffers.out_.status + envelopes.count);
  if (decoded.result.overflow) return decoded;
  for (size_t i = 0; i < envelopes.count; ++i) decoded.rows.push_back(buffers.row(i));
  return decoded;
}

}  // namespace octoload::test
