// Calls the encoder of CQL frames as the addon does, and makes rows for it.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "check.h"
#include "cql_rows.h"

namespace octoload::test {

inline constexpr std::array<uint8_t, 16> kId = {0xf0, 1, 2,  3,  4,  5,  6,  7,
                                                8,    9, 10, 11, 12, 13, 14, 15};
// One range, so all tokens belong to set 7.
inline constexpr std::array<int64_t, 1> kOneToken = {0};
inline constexpr std::array<uint32_t, 1> kOneSet = {7};

inline cql::FrameOptions options_for(cql::Layout layout) {
  cql::FrameOptions options;
  options.layout = layout;
  options.max_rows = 100;
  options.max_bytes = 1 << 20;
  options.timestamp_us = 0x0102030405060708;
  options.prepared_id = kId;
  options.ring = {kOneToken, kOneSet};
  return options;
}

struct Encoded {
  cql::Status status;
  size_t frames = 0;
  Bytes bytes;
  std::vector<uint32_t> columns;
  uint32_t at(size_t column, size_t frame) const {
    return columns[column * (columns.size() / cql::kFrameColumns) + frame];
  }
};

// Output and table are of exactly these sizes, so that the sanitizer sees a byte too much.
inline Encoded encode_into(const batch::SinkBatch& batch, size_t begin, size_t end,
                           const cql::FrameOptions& options, size_t output_bytes, size_t capacity) {
  Encoded encoded;
  encoded.bytes.assign(output_bytes, 0xee);
  encoded.columns.resize(cql::kFrameColumns * capacity);
  uint32_t* const c = encoded.columns.data();
  const cql::FrameTable table = {
      capacity,        c, c + capacity, c + 2 * capacity, c + 3 * capacity, c + 4 * capacity,
      c + 5 * capacity};
  encoded.status =
      cql::encode_frames(batch, begin, end, options, encoded.bytes, table, &encoded.frames);
  return encoded;
}

// Asks for the size first, as a caller may; nothing may have been written by then.
inline Encoded encode(const batch::SinkBatch& batch, size_t begin, size_t end,
                      const cql::FrameOptions& options) {
  const Encoded refused = encode_into(batch, begin, end, options, 0, end - begin);
  if (begin == end || refused.status.code != cql::Code::kOutputTooSmall) return refused;
  const auto size = static_cast<size_t>(refused.status.detail);
  const Encoded short_of_one = encode_into(batch, begin, end, options, size - 1, end - begin);
  CHECK(short_of_one.status.code == cql::Code::kOutputTooSmall);
  CHECK_EQ(short_of_one.status.detail, size);
  CHECK(std::all_of(short_of_one.bytes.begin(), short_of_one.bytes.end(),
                    [](uint8_t byte) { return byte == 0xee; }));
  return encode_into(batch, begin, end, options, size, end - begin);
}

class Batch {
 public:
  explicit Batch(const CqlRows& rows) : block_(make_sink_block(rows)) {
    CHECK(batch::SinkBatch::parse(bytes_of(block_), &batch));
  }
  batch::SinkBatch batch;

 private:
  std::vector<uint64_t> block_;
};

inline CqlRow random_row(Random& random, unsigned max_level, size_t max_envelope) {
  CqlRow row;
  row.level = static_cast<uint8_t>(random.next() % (max_level + 1));
  const unsigned bits = 3u * row.level;
  const uint64_t number = random.next();
  if (bits <= 15) {
    row.cell = static_cast<uint16_t>(number & ((1u << bits) - 1));
  } else {
    row.cell = static_cast<uint16_t>(number & 0x7fff);
    row.tile = random.next() >> (64 - (bits - 15));
  }
  row.mask = static_cast<uint8_t>(random.next());
  row.no_material = random.next() % 4 == 0;
  row.material = row.no_material ? 0 : static_cast<int32_t>(random.next());
  row.homogeneity = static_cast<float>(random.unit());
  row.last_modified = static_cast<int64_t>(random.next());
  row.envelope.resize(random.next() % (max_envelope + 1));
  for (uint8_t& byte : row.envelope) byte = static_cast<uint8_t>(random.next());
  return row;
}

// In the order of their tokens, as a load sends them.
inline CqlRows random_rows(Random& random, size_t count, cql::Layout layout) {
  CqlRows rows;
  const unsigned max_level = layout == cql::Layout::kNode ? 21 : 26;
  while (rows.size() < count) {
    CqlRow row = random_row(random, max_level, 200);
    rows.push_back(row);
    while (layout == cql::Layout::kTile && row.level >= 5 && random.next() % 4 != 0 &&
           rows.size() < count) {
      row.cell = (row.cell + 1) & 0x7fff;
      rows.push_back(row);
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [&](const CqlRow& a, const CqlRow& b) {
    return token_of(a, layout) < token_of(b, layout);
  });
  return rows;
}

}  // namespace octoload::test
