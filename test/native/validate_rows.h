// Rows for the validation's tests: as a plain list, as blocks of either side, as
// the body of a RESULT frame and as octoload_pack packs a table's.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "../../native/batch/source_batch.h"
#include "../../native/batch/target_batch.h"
#include "../../native/cql/frames.h"
#include "random.h"

namespace octoload::test {

struct PlainRow {
  uint64_t tile = 0;
  uint16_t cell = 0;
  uint8_t level = 0;
  std::optional<int32_t> material;
  std::optional<float> homogeneity;
  std::optional<uint8_t> mask;
  std::optional<std::string> envelope;
  std::optional<int64_t> last_modified;

  bool operator==(const PlainRow&) const = default;
};

inline std::string random_text(Random& random, size_t most) {
  std::string text(random.next() % (most + 1), '\0');
  for (char& byte : text) byte = static_cast<char>(random.next());
  return text;
}

// Without NULLs but for the material, as a load writes rows.
inline PlainRow whole_row(Random& random) {
  PlainRow row;
  row.level = static_cast<uint8_t>(random.next() % 4 + 5);
  const uint64_t code = random.next() & ((uint64_t{1} << 3 * row.level) - 1);
  row.tile = code >> 15;
  row.cell = static_cast<uint16_t>(code & 0x7fff);
  if (random.next() % 4 != 0) row.material = static_cast<int32_t>(random.next());
  row.homogeneity = static_cast<float>(random.unit());
  row.mask = static_cast<uint8_t>(random.next());
  row.envelope = random_text(random, 40);
  row.last_modified = static_cast<int64_t>(random.next());
  return row;
}

// Memory whose words are aligned, as JavaScript's buffers are.
class Block {
 public:
  explicit Block(size_t bytes) : words_((bytes + 7) / 8) {}
  std::span<uint8_t> bytes() {
    return {reinterpret_cast<uint8_t*>(words_.data()), words_.size() * 8};
  }

 private:
  std::vector<uint64_t> words_;
};

inline batch::TargetRow target_row(const PlainRow& row) {
  batch::TargetRow out;
  out.tile = row.tile;
  out.cell = row.cell;
  out.level = row.level;
  if (!row.material) out.flags |= batch::kNoMaterial;
  if (!row.homogeneity) out.flags |= batch::kNoHomogeneity;
  if (!row.mask) out.flags |= batch::kNoMask;
  if (!row.envelope) out.flags |= batch::kNoEnvelope;
  if (!row.last_modified) out.flags |= batch::kNoLastModified;
  out.material = row.material.value_or(0);
  out.homogeneity = row.homogeneity.value_or(0);
  out.mask = row.mask.value_or(0);
  out.last_modified = row.last_modified.value_or(0);
  if (row.envelope) {
    out.envelope = {reinterpret_cast<const uint8_t*>(row.envelope->data()), row.envelope->size()};
  }
  return out;
}

// Also a block of the source's side, where only materials may be NULL.
inline Block block_of(const std::vector<PlainRow>& rows) {
  size_t bytes = 0;
  for (const PlainRow& row : rows) bytes += row.envelope ? row.envelope->size() : 0;
  Block block(batch::TargetBlock::size(rows.size(), bytes));
  batch::TargetBlock out(block.bytes(), rows.size());
  for (const PlainRow& row : rows) out.add(target_row(row));
  out.finish();
  return block;
}

inline std::vector<PlainRow> rows_of(std::span<const uint8_t> bytes) {
  batch::SinkBatch batch;
  std::vector<PlainRow> rows;
  if (!batch::SinkBatch::parse(bytes, &batch)) return rows;
  for (size_t i = 0; i < batch.rows; ++i) {
    PlainRow row;
    row.tile = batch.tiles[i];
    row.cell = batch.cells[i];
    row.level = batch.levels[i];
    const unsigned flags = batch.no_materials[i];
    if ((flags & batch::kNoMaterial) == 0) row.material = batch.materials[i];
    if ((flags & batch::kNoHomogeneity) == 0) row.homogeneity = batch.homogeneities[i];
    if ((flags & batch::kNoMask) == 0) row.mask = batch.masks[i];
    if ((flags & batch::kNoLastModified) == 0) row.last_modified = batch.last_modified[i];
    if ((flags & batch::kNoEnvelope) == 0) {
      const auto* const from = reinterpret_cast<const char*>(batch.bytes.data());
      row.envelope = std::string(from + batch.offsets[i], from + batch.offsets[i + 1]);
    }
    rows.push_back(row);
  }
  return rows;
}

inline void put_number(std::string* to, uint64_t value, size_t bytes) {
  for (size_t i = bytes; i-- > 0;) to->push_back(static_cast<char>(value >> 8 * i));
}

// A [bytes] of a number.
inline void put_value(std::string* to, uint64_t value, size_t bytes) {
  put_number(to, bytes, 4);
  put_number(to, value, bytes);
}

inline void put_null(std::string* to) { put_number(to, UINT32_MAX, 4); }

inline void put_row(std::string* to, const PlainRow& row, cql::Layout layout) {
  if (layout == cql::Layout::kNode) {
    put_value(to, row.tile << 15 | row.cell, 8);
    put_value(to, row.level, 1);
  } else {
    put_value(to, row.level, 1);
    put_value(to, row.tile, 8);
    put_value(to, row.cell, 2);
  }
  row.material ? put_value(to, static_cast<uint32_t>(*row.material), 4) : put_null(to);
  row.homogeneity ? put_value(to, __builtin_bit_cast(uint32_t, *row.homogeneity), 4) : put_null(to);
  row.mask ? put_value(to, *row.mask, 1) : put_null(to);
  if (row.envelope) {
    put_number(to, row.envelope->size(), 4);
    to->append(*row.envelope);
  } else {
    put_null(to);
  }
  row.last_modified ? put_value(to, static_cast<uint64_t>(*row.last_modified), 8) : put_null(to);
}

// The body of a RESULT of kind Rows without a description of its columns.
inline std::string result_body(const std::vector<PlainRow>& rows, cql::Layout layout,
                               const std::string& paging = "") {
  std::string body;
  put_number(&body, 2, 4);
  put_number(&body, paging.empty() ? 4 : 4 | 2, 4);
  put_number(&body, layout == cql::Layout::kNode ? 7 : 8, 4);
  if (!paging.empty()) {
    put_number(&body, paging.size(), 4);
    body += paging;
  }
  put_number(&body, rows.size(), 4);
  for (const PlainRow& row : rows) put_row(&body, row, layout);
  return body;
}

// A block as octoload_pack makes it, of one value a column and row.
struct Stored {
  uint8_t kind = 5;
  uint64_t slot = 0;
};

inline Block packed_block(const std::vector<std::vector<Stored>>& rows, const std::string& bytes) {
  const size_t count = rows.size(), columns = batch::kFixedColumns;
  const size_t kinds_at = 32 + 8 * count, slots_at = kinds_at + columns * batch::padded(count);
  const size_t bytes_at = slots_at + columns * count * 8;
  Block block(bytes_at + bytes.size());
  uint8_t* const to = block.bytes().data();
  const uint64_t head[4] = {batch::kSourceMagic, count, columns, bytes.size()};
  std::memcpy(to, head, sizeof head);
  for (size_t i = 0; i < count; ++i) {
    for (size_t column = 0; column < columns; ++column) {
      to[kinds_at + column * batch::padded(count) + i] = rows[i][column].kind;
      std::memcpy(to + slots_at + (column * count + i) * 8, &rows[i][column].slot, 8);
    }
  }
  std::memcpy(to + bytes_at, bytes.data(), bytes.size());
  return block;
}

inline std::vector<Stored> stored_row(const PlainRow& row, bool is_tile, std::string* bytes) {
  std::vector<Stored> values(batch::kFixedColumns);
  const uint64_t code = row.tile << 15 | row.cell;
  values[0] = {1, is_tile ? row.tile : code};
  values[1] = {1, row.level};
  values[2] = {1, is_tile ? row.cell : uint64_t{0}};
  if (row.material) values[3] = {1, static_cast<uint64_t>(int64_t{*row.material})};
  if (row.homogeneity) {
    values[4] = {2, __builtin_bit_cast(uint64_t, static_cast<double>(*row.homogeneity))};
  }
  if (row.mask) values[5] = {1, static_cast<uint64_t>(int64_t{static_cast<int8_t>(*row.mask)})};
  if (row.envelope) {
    values[6] = {4, bytes->size() | uint64_t{row.envelope->size()} << 32};
    *bytes += *row.envelope;
  }
  if (row.last_modified) values[7] = {1, static_cast<uint64_t>(*row.last_modified)};
  return values;
}

}  // namespace octoload::test
