#include "delivery.h"

#include <algorithm>
#include <cstring>

namespace octoload::load {
namespace {

constexpr size_t kDerivedRows = 8192;

}  // namespace

sort::Status Delivery::open(const sort::Sorter& rows, const sort::Sorter& derived,
                            const DeliveryOptions& options, std::unique_ptr<Delivery>* delivery) {
  std::unique_ptr<Delivery> opened(new Delivery(options.order));
  sort::Status status = rows.open_cursor(options.range, &opened->rows_);
  if (!status.ok()) return status;
  // A cell is derived once, so its record is there again for the rows that
  // share the key the range begins with.
  const sort::Range from = {options.range.lower, options.range.upper, 0};
  status = derived.open_cursor(from, &opened->derived_);
  if (!status.ok()) return status;
  if (options.range.lower) opened->position_ = {*options.range.lower, options.range.skip};
  opened->derived_keys_.resize(kDerivedRows * kOrderKeyBytes);
  opened->derived_bytes_.resize(kDerivedRows * kDerivedBytes);
  opened->derived_offsets_.resize(kDerivedRows + 1);
  *delivery = std::move(opened);
  return {};
}

sort::Status Delivery::next(size_t max_rows, std::span<uint8_t> block, Chunk* chunk) {
  *chunk = {};
  if (max_rows == 0 || max_rows > batch::kMaxSinkRows) {
    return sort::failure(sort::Code::kBadArgument);
  }
  const size_t fixed = batch::SinkLayout(max_rows).bytes;
  // No row fits into nothing, so that without room a row's size is told.
  const size_t room = block.size() - std::min(block.size(), fixed);
  sort::Status status = read_rows(max_rows, room, &chunk->read);
  if (status.code == sort::Code::kOutputTooSmall) status.offset += fixed;
  if (status.ok()) status = join(chunk->read);
  if (!status.ok()) return status;
  if (block.size() < fixed) return sort::failure(sort::Code::kOutputTooSmall, fixed);
  chunk->is_end = chunk->read == 0;
  chunk->rows = joined_.size();
  chunk->bytes = write(block);
  sort::advance_position(&position_, {keys_.data(), chunk->read * kOrderKeyBytes}, kOrderKeyBytes);
  return {};
}

sort::Status Delivery::read_rows(size_t max_rows, size_t max_bytes, size_t* count) {
  keys_.resize(max_rows * kOrderKeyBytes);
  offsets_.resize(max_rows + 1);
  if (bytes_.reserve(max_bytes) == nullptr) {
    return sort::failure(sort::Code::kNoMemory, max_bytes);
  }
  return rows_->next({keys_, offsets_, {bytes_.data(), max_bytes}}, count);
}

sort::Status Delivery::join(size_t count) {
  joined_.clear();
  for (size_t row = 0; row < count; ++row) {
    bool is_found = false;
    sort::Status status = find_derived(keys_.data() + row * kOrderKeyBytes, &is_found);
    if (!status.ok()) return status;
    if (!is_found) return sort::failure(sort::Code::kDamaged, row);
    const auto begin = static_cast<size_t>(offsets_[row]);
    if (offsets_[row + 1] - begin < kRowHeadBytes) return sort::failure(sort::Code::kDamaged, row);
    const RowHead head = unpack_row_head(bytes_.data() + begin);
    const DerivedRecord derived =
        unpack_derived(derived_bytes_.data() + derived_offsets_[derived_at_]);
    const bool has_won = head.file == derived.file && head.rowid == derived.rowid;
    if (has_won) {
      joined_.push_back({static_cast<uint32_t>(row), derived.homogeneity, derived.children_mask});
    }
  }
  return {};
}

// Moves on to the derived record of `key`, which is at or above the last one.
sort::Status Delivery::find_derived(const uint8_t* key, bool* is_found) {
  for (;;) {
    if (derived_at_ == derived_count_) {
      sort::Status status = read_derived();
      if (!status.ok() || derived_count_ == 0) return status;
    }
    const int order =
        std::memcmp(derived_keys_.data() + derived_at_ * kOrderKeyBytes, key, kOrderKeyBytes);
    *is_found = order == 0;
    if (order >= 0) return {};
    ++derived_at_;
  }
}

sort::Status Delivery::read_derived() {
  derived_at_ = 0;
  derived_count_ = 0;
  sort::Status status =
      derived_->next({derived_keys_, derived_offsets_, derived_bytes_}, &derived_count_);
  // A record of another size: a larger block of the caller's would not help.
  if (status.code == sort::Code::kOutputTooSmall) return sort::failure(sort::Code::kDamaged);
  if (!status.ok()) return status;
  if (derived_offsets_[derived_count_] != derived_count_ * kDerivedBytes) {
    return sort::failure(sort::Code::kDamaged);
  }
  return {};
}

size_t Delivery::write(std::span<uint8_t> block) const {
  const size_t rows = joined_.size();
  const batch::SinkLayout at(rows);
  uint8_t* const to = block.data();
  auto* const tiles = reinterpret_cast<uint64_t*>(to + at.tiles);
  auto* const rowids = reinterpret_cast<int64_t*>(to + at.rowids);
  auto* const last_modified = reinterpret_cast<int64_t*>(to + at.last_modified);
  auto* const offsets = reinterpret_cast<uint32_t*>(to + at.offsets);
  auto* const materials = reinterpret_cast<int32_t*>(to + at.materials);
  auto* const homogeneities = reinterpret_cast<float*>(to + at.homogeneities);
  auto* const files = reinterpret_cast<uint32_t*>(to + at.files);
  auto* const cells = reinterpret_cast<uint16_t*>(to + at.cells);
  uint8_t* const envelopes = to + at.bytes;
  size_t end = 0;
  offsets[0] = 0;
  for (size_t i = 0; i < rows; ++i) {
    const Joined& joined = joined_[i];
    const uint8_t* const payload = bytes_.data() + offsets_[joined.row];
    const RowHead head = unpack_row_head(payload);
    const envelope::RowKey key =
        unpack_order_key(order_, keys_.data() + joined.row * kOrderKeyBytes);
    tiles[i] = key.tile;
    cells[i] = key.cell;
    to[at.levels + i] = key.level;
    rowids[i] = head.rowid;
    last_modified[i] = head.last_modified;
    files[i] = head.file;
    materials[i] = head.material;
    to[at.no_materials + i] = head.no_material;
    homogeneities[i] = joined.homogeneity;
    to[at.masks + i] = joined.children_mask;
    const auto bytes =
        static_cast<size_t>(offsets_[joined.row + 1] - offsets_[joined.row]) - kRowHeadBytes;
    std::memcpy(envelopes + end, payload + kRowHeadBytes, bytes);
    end += bytes;
    offsets[i + 1] = static_cast<uint32_t>(end);
  }
  const uint64_t head[batch::kSinkHeadWords] = {batch::kSinkMagic, rows, end};
  std::memcpy(to, head, sizeof head);
  return at.bytes + end;
}

sort::Status find_key_at(const sort::Sorter& derived, uint64_t rank, sort::Key* key,
                         bool* is_found) {
  *is_found = false;
  std::unique_ptr<sort::Cursor> cursor;
  sort::Status status = derived.open_cursor({}, &cursor);
  std::vector<uint8_t> keys(kDerivedRows * kOrderKeyBytes), bytes(kDerivedRows * kDerivedBytes);
  std::vector<uint64_t> offsets(kDerivedRows + 1);
  for (size_t count = 1; status.ok() && count != 0; rank -= count) {
    status = cursor->next({keys, offsets, bytes}, &count);
    if (!status.ok() || rank >= count) continue;
    *is_found = true;
    *key = {};
    sort::copy_key(key->data(), keys.data() + rank * kOrderKeyBytes, kOrderKeyBytes);
    return {};
  }
  return status;
}

}  // namespace octoload::load
