#include "frame_cutter.h"

#include <algorithm>
#include <limits>

#include "../envelope/row_key.h"
#include "../token/murmur3.h"
#include "frame_layout.h"
#include "mutation_size.h"

namespace octoload::cql {
namespace {

constexpr size_t kTokensAtOnce = 256;

Code check_key(const envelope::RowKey& key, unsigned max_level) noexcept {
  if (key.level > max_level) return Code::kLevelTooDeep;
  return envelope::is_in_level(key) ? Code::kOk : Code::kBadKey;
}

envelope::RowKey key_of(const batch::SinkBatch& batch, size_t row) noexcept {
  return {batch.tiles[row], batch.cells[row], batch.levels[row]};
}

}  // namespace

FrameCutter::FrameCutter(const batch::SinkBatch& batch, const FrameOptions& options,
                         const FrameTable& table) noexcept
    : batch_(batch),
      options_(options),
      table_(table),
      is_unset_(options.null_material == NullAs::kUnset),
      value_bytes_(value_bytes_of(options.layout)),
      row_bytes_(options.layout == Layout::kNode ? kPartitionBytes + kRowBytes + kLevelBytes
                                                 : kRowBytes + kCellNumberBytes),
      frame_bytes_(options.layout == Layout::kNode ? 0 : kPartitionBytes),
      ring_(options.ring) {}

Status FrameCutter::cut(size_t begin, size_t end) noexcept {
  const Status status =
      options_.layout == Layout::kNode ? cut_nodes(begin, end) : cut_tiles(begin, end);
  return status.ok() ? close() : status;
}

Status FrameCutter::cut_nodes(size_t begin, size_t end) noexcept {
  uint64_t keys[kTokensAtOnce];
  int64_t tokens[kTokensAtOnce];
  for (size_t from = begin; from < end; from += kTokensAtOnce) {
    const size_t count = std::min(kTokensAtOnce, end - from);
    for (size_t i = 0; i < count; ++i) {
      const envelope::RowKey key = key_of(batch_, from + i);
      const Code code = check_key(key, kMaxCodeLevel);
      if (code != Code::kOk) return {code, from + i};
      keys[i] = key.tile << envelope::kCellBits | key.cell;
    }
    token::of_bigints(keys, count, tokens);
    for (size_t i = 0; i < count; ++i) {
      const uint32_t replica_set = ring_.set_of(tokens[i]);
      const Status status = add(from + i, replica_set, replica_set != open_.replica_set);
      if (!status.ok()) return status;
    }
  }
  return {};
}

Status FrameCutter::cut_tiles(size_t begin, size_t end) noexcept {
  uint32_t replica_set = 0;
  envelope::RowKey last;
  for (size_t row = begin; row < end; ++row) {
    const envelope::RowKey key = key_of(batch_, row);
    const Code code = check_key(key, kMaxLevel);
    if (code != Code::kOk) return {code, row};
    const bool begins = row == begin || key.tile != last.tile || key.level != last.level;
    if (begins) {
      int64_t token = 0;
      token::of_tiles(nullptr, key.level, &key.tile, 1, &token);
      replica_set = ring_.set_of(token);
      last = key;
    }
    const Status status = add(row, replica_set, begins);
    if (!status.ok()) return status;
  }
  return {};
}

// `is_apart`: it may not share a frame with the row before it.
Status FrameCutter::add(size_t row, uint32_t replica_set, bool is_apart) noexcept {
  const uint64_t envelope = batch_.offsets[row + 1] - batch_.offsets[row];
  const bool no_material = batch_.no_materials[row] != 0;
  const uint64_t mutations = row_bytes_ + cells_bytes(envelope, no_material, is_unset_);
  if (is_apart || open_.rows == options_.max_rows ||
      open_.mutations + mutations > options_.max_bytes) {
    const Status status = close();
    if (!status.ok()) return status;
  }
  if (open_.rows == 0) open_ = {static_cast<uint32_t>(row), 0, replica_set, 0, frame_bytes_};
  ++open_.rows;
  open_.values += value_bytes_ + envelope - (no_material ? kMaterialValueBytes : 0);
  open_.mutations += mutations;
  return {};
}

Status FrameCutter::close() noexcept {
  if (open_.rows == 0) return {};
  const uint64_t id = options_.prepared_id.size();
  const uint64_t length = open_.rows == 1
                              ? execute_bytes(id, open_.values)
                              : batch_bytes(open_.rows * statement_bytes(id, 0) + open_.values);
  constexpr uint64_t kMaxOutput = std::numeric_limits<uint32_t>::max();
  if (length - kHeaderBytes > kMaxBodyBytes || length > kMaxOutput - bytes_) {
    return {Code::kTooLarge, open_.first_row};
  }
  table_.offsets[frames_] = static_cast<uint32_t>(bytes_);
  table_.lengths[frames_] = static_cast<uint32_t>(length);
  table_.first_rows[frames_] = open_.first_row;
  table_.rows[frames_] = open_.rows;
  table_.replica_sets[frames_] = open_.replica_set;
  table_.mutation_bytes[frames_] = static_cast<uint32_t>(open_.mutations);
  ++frames_;
  bytes_ += length;
  open_ = {};
  return {};
}

}  // namespace octoload::cql
