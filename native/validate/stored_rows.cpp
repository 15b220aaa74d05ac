#include "stored_rows.h"

#include <bit>

namespace octoload::validate {
namespace {

// SQLite's own numbers.
constexpr uint8_t kInteger = 1, kReal = 2, kBlob = 4, kNull = 5;

enum Column : size_t {
  kFirst,
  kLevel,
  kCell,
  kMaterial,
  kHomogeneity,
  kMask,
  kEnvelope,
  kModified
};

struct Value {
  uint8_t kind = kNull;
  uint64_t slot = 0;
};

Value value_at(const batch::SourceBatch& rows, Column column, size_t row) noexcept {
  return {rows.kinds(column)[row], rows.slots(column)[row]};
}

bool is_integer(const Value& value, int64_t least, int64_t most) noexcept {
  const auto number = static_cast<int64_t>(value.slot);
  return value.kind == kInteger && number >= least && number <= most;
}

bool read_key(const batch::SourceBatch& rows, bool is_tile, size_t i,
              batch::TargetRow* row) noexcept {
  const Value first = value_at(rows, kFirst, i), level = value_at(rows, kLevel, i);
  if (!is_integer(first, 0, INT64_MAX) || !is_integer(level, 0, INT8_MAX)) return false;
  row->level = static_cast<uint8_t>(level.slot);
  if (!is_tile) {
    row->tile = first.slot >> 15;
    row->cell = static_cast<uint16_t>(first.slot & 0x7fff);
    return true;
  }
  const Value cell = value_at(rows, kCell, i);
  if (!is_integer(cell, 0, INT16_MAX)) return false;
  row->tile = first.slot;
  row->cell = static_cast<uint16_t>(cell.slot);
  return true;
}

void read_material(const Value& value, batch::TargetRow* row) noexcept {
  if (is_integer(value, INT32_MIN, INT32_MAX)) {
    row->material = static_cast<int32_t>(static_cast<int64_t>(value.slot));
  } else {
    row->flags |=
        value.kind == kNull ? batch::kNoMaterial : batch::kNoMaterial | batch::kUnfitMaterial;
  }
}

// A double that no float is was not written by a load.
void read_homogeneity(const Value& value, batch::TargetRow* row) noexcept {
  const auto real = std::bit_cast<double>(value.slot);
  // A larger one is no float; the cast would be undefined.
  const bool is_small = real >= -1e30 && real <= 1e30;
  const float rounded = value.kind == kReal && is_small ? static_cast<float>(real) : 0;
  const bool is_exact = value.kind == kReal && is_small &&
                        std::bit_cast<uint64_t>(static_cast<double>(rounded)) == value.slot;
  if (is_exact) row->homogeneity = rounded;
  if (!is_exact) row->flags |= batch::kNoHomogeneity;
}

// False: the slot points outside the block.
bool read_envelope(const batch::SourceBatch& rows, const Value& value,
                   batch::TargetRow* row) noexcept {
  if (value.kind != kBlob) {
    row->flags |= batch::kNoEnvelope;
    return true;
  }
  const uint64_t offset = value.slot & UINT32_MAX, length = value.slot >> 32;
  if (offset > rows.bytes().size() || length > rows.bytes().size() - offset) return false;
  row->envelope = rows.bytes().subspan(offset, length);
  return true;
}

bool read_values(const batch::SourceBatch& rows, size_t i, batch::TargetRow* row) noexcept {
  read_material(value_at(rows, kMaterial, i), row);
  read_homogeneity(value_at(rows, kHomogeneity, i), row);
  const Value mask = value_at(rows, kMask, i);
  if (is_integer(mask, INT8_MIN, INT8_MAX)) row->mask = static_cast<uint8_t>(mask.slot);
  if (!is_integer(mask, INT8_MIN, INT8_MAX)) row->flags |= batch::kNoMask;
  const Value modified = value_at(rows, kModified, i);
  if (modified.kind == kInteger) row->last_modified = static_cast<int64_t>(modified.slot);
  if (modified.kind != kInteger) row->flags |= batch::kNoLastModified;
  return read_envelope(rows, value_at(rows, kEnvelope, i), row);
}

}  // namespace

StoredRows unpack_stored(std::span<const uint8_t> packed, bool is_tile,
                         std::span<uint8_t> output) noexcept {
  StoredRows result;
  batch::SourceBatch rows;
  if (!batch::SourceBatch::parse(packed, &rows)) return {StoredCode::kBadBlock, 0, 0, 0};
  // Two envelopes do not share bytes: each was copied into the block by itself.
  size_t needed = batch::TargetBlock::size(rows.rows(), rows.bytes().size());
  if (output.size() < needed) return {StoredCode::kOutputTooSmall, needed, 0, 0};
  size_t room = rows.bytes().size();
  batch::TargetBlock block(output, rows.rows());
  for (size_t i = 0; i < rows.rows(); ++i) {
    batch::TargetRow row;
    if (!read_key(rows, is_tile, i, &row)) return {StoredCode::kBadKey, i, 0, 0};
    if (!read_values(rows, i, &row) || row.envelope.size() > room) {
      return {StoredCode::kBadBlock, i, 0, 0};
    }
    room -= row.envelope.size();
    block.add(row);
  }
  result.rows = rows.rows();
  result.bytes = block.finish();
  return result;
}

}  // namespace octoload::validate
