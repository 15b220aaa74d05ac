// Rows for the tests of CQL frames, the block that holds them, and a dull
// encoder of the same frames: byte by byte, one row after another.
#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include "../../native/cql/frames.h"
#include "../../native/token/murmur3.h"
#include "random.h"

namespace octoload::test {

using Bytes = std::vector<uint8_t>;

struct CqlRow {
  uint64_t tile = 0;
  uint16_t cell = 0;
  uint8_t level = 0;
  uint8_t mask = 0;
  bool no_material = false;
  int32_t material = 0;
  float homogeneity = 1;
  int64_t last_modified = 0;
  Bytes envelope;
};
using CqlRows = std::vector<CqlRow>;

// Words, so that the block is aligned as the addon's are.
inline std::vector<uint64_t> make_sink_block(const CqlRows& rows) {
  const batch::SinkLayout at(rows.size());
  size_t bytes = 0;
  for (const CqlRow& row : rows) bytes += row.envelope.size();
  std::vector<uint64_t> block((at.bytes + bytes + 7) / 8);
  block[0] = batch::kSinkMagic;
  block[1] = rows.size();
  block[2] = bytes;
  auto* const to = reinterpret_cast<uint8_t*>(block.data());
  const auto put = [&](size_t section, size_t row, auto value) {
    std::memcpy(to + section + row * sizeof value, &value, sizeof value);
  };
  uint32_t end = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const CqlRow& row = rows[i];
    put(at.tiles, i, row.tile);
    put(at.cells, i, row.cell);
    put(at.levels, i, row.level);
    put(at.masks, i, row.mask);
    put(at.no_materials, i, static_cast<uint8_t>(row.no_material));
    put(at.materials, i, row.material);
    put(at.homogeneities, i, row.homogeneity);
    put(at.last_modified, i, row.last_modified);
    if (!row.envelope.empty()) {
      std::memcpy(to + at.bytes + end, row.envelope.data(), row.envelope.size());
    }
    end += static_cast<uint32_t>(row.envelope.size());
    put(at.offsets, i + 1, end);
  }
  return block;
}

inline std::span<const uint8_t> bytes_of(const std::vector<uint64_t>& block) {
  return {reinterpret_cast<const uint8_t*>(block.data()), block.size() * 8};
}

struct CqlFrame {
  uint32_t first_row, rows, replica_set, mutation_bytes;
  Bytes bytes;
};

inline void append_number(Bytes* to, uint64_t value, int width) {
  for (int i = width - 1; i >= 0; --i) to->push_back(static_cast<uint8_t>(value >> (8 * i)));
}

inline void append_value(Bytes* to, uint64_t value, int width) {
  append_number(to, static_cast<uint64_t>(width), 4);
  append_number(to, value, width);
}

inline void append_values(Bytes* to, const CqlRow& row, const cql::FrameOptions& options) {
  if (options.layout == cql::Layout::kNode) {
    append_number(to, 7, 2);
    append_value(to, row.tile * 32768 + row.cell, 8);
    append_value(to, row.level, 1);
  } else {
    append_number(to, 8, 2);
    append_value(to, row.level, 1);
    append_value(to, row.tile, 8);
    append_value(to, row.cell, 2);
  }
  if (!row.no_material) append_value(to, static_cast<uint32_t>(row.material), 4);
  const bool is_unset = options.null_material == cql::NullAs::kUnset;
  if (row.no_material) append_number(to, is_unset ? 0xfffffffe : 0xffffffff, 4);
  append_value(to, std::bit_cast<uint32_t>(row.homogeneity), 4);
  append_value(to, row.mask, 1);
  append_number(to, row.envelope.size(), 4);
  to->insert(to->end(), row.envelope.begin(), row.envelope.end());
  append_value(to, static_cast<uint64_t>(row.last_modified), 8);
}

inline void append_id(Bytes* to, const cql::FrameOptions& options) {
  append_number(to, options.prepared_id.size(), 2);
  to->insert(to->end(), options.prepared_id.begin(), options.prepared_id.end());
}

inline Bytes frame_bytes(const CqlRows& rows, const cql::FrameOptions& options) {
  Bytes body;
  if (rows.size() == 1) {
    append_id(&body, options);
    append_number(&body, options.consistency, 2);
    body.push_back(0x21);
    append_values(&body, rows[0], options);
  } else {
    body.push_back(1);
    append_number(&body, rows.size(), 2);
    for (const CqlRow& row : rows) {
      body.push_back(1);
      append_id(&body, options);
      append_values(&body, row, options);
    }
    append_number(&body, options.consistency, 2);
    body.push_back(0x20);
  }
  append_number(&body, static_cast<uint64_t>(options.timestamp_us), 8);
  Bytes frame = {4, 0, 0, 0, static_cast<uint8_t>(rows.size() == 1 ? 10 : 13)};
  append_number(&frame, body.size(), 4);
  frame.insert(frame.end(), body.begin(), body.end());
  return frame;
}

inline int64_t token_of(const CqlRow& row, cql::Layout layout) {
  int64_t token = 0;
  const uint64_t code = row.tile * 32768 + row.cell;
  if (layout == cql::Layout::kNode) token::of_bigints(&code, 1, &token);
  if (layout == cql::Layout::kTile) token::of_tiles(nullptr, row.level, &row.tile, 1, &token);
  return token;
}

inline uint32_t set_of(const cql::Ring& ring, int64_t token) {
  for (size_t i = 0; i < ring.tokens.size(); ++i) {
    if (token <= ring.tokens[i]) return ring.sets[i];
  }
  return ring.sets[0];
}

// What Cassandra 5.0 counts for rows of which no two share a partition (node),
// or all share one (tile): five cells of 20 bytes and their values.
inline uint64_t mutation_bytes(const CqlRows& rows, const cql::FrameOptions& options) {
  const bool is_node = options.layout == cql::Layout::kNode;
  const bool is_unset = options.null_material == cql::NullAs::kUnset;
  uint64_t sum = is_node ? 29 * rows.size() : 29;
  for (const CqlRow& row : rows) {
    const uint64_t material = !row.no_material ? 24 : is_unset ? 0 : 20;
    sum += (is_node ? 1 : 2) + 21 + material + 24 + 21 + 28 + 20 + row.envelope.size();
  }
  return sum;
}

inline bool may_join(const CqlRows& group, const CqlRow& row, const cql::FrameOptions& options) {
  if (group.size() >= options.max_rows) return false;
  CqlRows together = group;
  together.push_back(row);
  if (mutation_bytes(together, options) > options.max_bytes) return false;
  if (options.layout == cql::Layout::kTile) {
    return row.level == group[0].level && row.tile == group[0].tile;
  }
  return set_of(options.ring, token_of(row, options.layout)) ==
         set_of(options.ring, token_of(group[0], options.layout));
}

inline std::vector<CqlFrame> cut_dully(const CqlRows& rows, size_t begin, size_t end,
                                       const cql::FrameOptions& options) {
  std::vector<CqlFrame> frames;
  for (size_t row = begin; row < end;) {
    CqlRows group = {rows[row]};
    while (row + group.size() < end && may_join(group, rows[row + group.size()], options)) {
      group.push_back(rows[row + group.size()]);
    }
    const uint32_t set = set_of(options.ring, token_of(group[0], options.layout));
    frames.push_back({static_cast<uint32_t>(row), static_cast<uint32_t>(group.size()), set,
                      static_cast<uint32_t>(mutation_bytes(group, options)),
                      frame_bytes(group, options)});
    row += group.size();
  }
  return frames;
}

}  // namespace octoload::test
