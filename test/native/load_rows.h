// Source rows as the loader's tests like them, and the block of memory that the
// SQLite extension would make of them.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../native/batch/source_batch.h"
#include "../../native/load/prepared_rows.h"
#include "check.h"
#include "envelope_rows.h"

namespace octoload::test {

struct LoadRow {
  int64_t rowid = 0;
  std::array<TestValue, batch::kFixedColumns> values;
  std::vector<TestValue> extras;
};

struct LoadFile {
  load::FileFacts facts;
  std::vector<LoadRow> rows;  // ascending by rowid, and alike in their number of extras
};

// A value that was left out for its size.
inline TestValue too_large(uint64_t length) { return {batch::kTooLarge, length, {}}; }

// Texts, and what they are as a number, as an integer and as a Created.
struct KnownText {
  std::string_view text;
  std::optional<double> number = {};
  std::optional<int64_t> integer = {};
  std::optional<int64_t> created_us = {};
};

using namespace std::string_view_literals;
inline constexpr KnownText kKnownTexts[] = {
    {"0"sv, 0.0, 0},
    {"7"sv, 7.0, 7},
    {"26"sv, 26.0, 26},
    {"27"sv, 27.0, 27},
    {"-1"sv, -1.0, -1},
    {"-12.5"sv, -12.5},
    {"1e5"sv, 1e5},
    {"+5"sv, 5.0},
    {".5"sv, 0.5},
    {"5."sv, 5.0},
    {"1e-400"sv, 0.0},
    {"1e400"sv},
    {"2147483647"sv, 2147483647.0, 2147483647},
    {"2147483648"sv, 2147483648.0, 2147483648},
    {"-2147483648"sv, -2147483648.0, -2147483648},
    {"-2147483649"sv, -2147483649.0, -2147483649},
    {"9007199254740993"sv, 9007199254740992.0, 9007199254740993},
    {"9223372036854775807"sv, 0x1p63, INT64_MAX},
    {"9223372036854775808"sv, 0x1p63},
    {"-9223372036854775808"sv, -0x1p63, INT64_MIN},
    {"-9223372036854775809"sv, -0x1p63},
    {"000000000000000000000000000000000000000000000000000000000000012"sv, 12.0, 12},  // 63
    {"0000000000000000000000000000000000000000000000000000000000000012"sv, {}, 12},   // 64
    {""sv},
    {"."sv},
    {"e5"sv},
    {"1e"sv},
    {"-"sv},
    {"--1"sv},
    {"1,5"sv},
    {"1_0"sv},
    {" 1"sv},
    {"1 "sv},
    {"1\n"sv},
    {"1\0"sv},
    {"1\0002"sv},
    {"0x10"sv},
    {"0b1"sv},
    {"nan"sv},
    {"inf"sv},
    {"-infinity"sv},
    {"true"sv},
    {"\xff"sv},
    {"1970-01-01"sv, {}, {}, 0},
    {"1969-12-31T23:59:59.9999Z"sv, {}, {}, -100},
    {"2024-02-29 12:30:15.25+01:00"sv, {}, {}, 1709206215250000},
    {"2023-02-29"sv},
    {"yesterday"sv},
};

inline const KnownText* find_known(const TestValue& value) {
  for (const KnownText& known : kKnownTexts) {
    const Bytes bytes(known.text.begin(), known.text.end());
    if (bytes == value.bytes) return &known;
  }
  return nullptr;
}

inline void append_bytes(Bytes& block, const void* from, size_t bytes) {
  const size_t at = block.size();
  block.resize(at + bytes);
  if (bytes != 0) std::memcpy(block.data() + at, from, bytes);
}

// Exactly as long as it must be, so that a sanitizer sees reading beyond it.
inline Bytes make_source_block(std::span<const LoadRow> rows) {
  const size_t columns = batch::kFixedColumns + (rows.empty() ? 0 : rows[0].extras.size());
  std::vector<std::vector<uint8_t>> kinds(columns);
  std::vector<std::vector<uint64_t>> slots(columns);
  std::vector<int64_t> rowids;
  Bytes bytes;
  const auto add = [&](size_t column, const TestValue& value) {
    const uint64_t slot = bytes.size() | uint64_t{value.bytes.size()} << 32;
    kinds[column].push_back(value.kind);
    slots[column].push_back(has_bytes(value) ? slot : value.bits);
    bytes.insert(bytes.end(), value.bytes.begin(), value.bytes.end());
  };
  for (const LoadRow& row : rows) {
    size_t column = 0;
    rowids.push_back(row.rowid);
    for (const TestValue& value : row.values) add(column++, value);
    for (const TestValue& value : row.extras) add(column++, value);
  }
  Bytes block;
  const uint64_t head[] = {batch::kSourceMagic, rows.size(), columns, bytes.size()};
  append_bytes(block, head, sizeof head);
  append_bytes(block, rowids.data(), 8 * rowids.size());
  for (auto& column : kinds) {
    column.resize(batch::padded(rows.size()));
    append_bytes(block, column.data(), column.size());
  }
  for (const auto& column : slots) append_bytes(block, column.data(), 8 * column.size());
  append_bytes(block, bytes.data(), bytes.size());
  block.shrink_to_fit();
  return block;
}

inline batch::SourceBatch parse_source(const Bytes& block) {
  batch::SourceBatch batch;
  CHECK(batch::SourceBatch::parse(block, &batch));
  return batch;
}

}  // namespace octoload::test
