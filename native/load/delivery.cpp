#include "delivery.h"

#include <algorithm>

#include "sink_block.h"

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
  status = opened->derived_.open(derived, opened->key_bytes_, from);
  if (!status.ok()) return status;
  if (options.range.lower) opened->position_ = {*options.range.lower, options.range.skip};
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
  sort::advance_position(&position_, {keys_.data(), chunk->read * key_bytes_}, key_bytes_);
  if (chunk->is_end) release();
  return {};
}

void Delivery::release() noexcept {
  rows_.reset();
  derived_ = {};
  bytes_ = {};
  keys_ = {};
  offsets_ = {};
  joined_ = {};
}

sort::Status Delivery::read_rows(size_t max_rows, size_t max_bytes, size_t* count) {
  *count = 0;
  if (rows_ == nullptr) return {};
  keys_.resize(max_rows * key_bytes_);
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
    sort::Status status = derived_.find(keys_.data() + row * key_bytes_, &is_found);
    if (!status.ok()) return status;
    if (!is_found) return sort::failure(sort::Code::kDamaged, row);
    const auto begin = static_cast<size_t>(offsets_[row]);
    if (offsets_[row + 1] - begin < kRowHeadBytes) return sort::failure(sort::Code::kDamaged, row);
    const RowHead head = unpack_row_head(bytes_.data() + begin);
    const DerivedRecord derived = derived_.record();
    const bool has_won = head.file == derived.file && head.rowid == derived.rowid;
    if (has_won) {
      joined_.push_back({static_cast<uint32_t>(row), derived.homogeneity, derived.children_mask});
    }
  }
  return {};
}

size_t Delivery::write(std::span<uint8_t> block) const {
  SinkBlock out(block, joined_.size());
  for (const Joined& joined : joined_) {
    const auto begin = static_cast<size_t>(offsets_[joined.row]);
    const auto end = static_cast<size_t>(offsets_[joined.row + 1]);
    const RowHead head = unpack_row_head(bytes_.data() + begin);
    out.add({.key = unpack_order_key(order_, keys_.data() + joined.row * key_bytes_),
             .rowid = head.rowid,
             .last_modified = head.last_modified,
             .file = head.file,
             .material = head.material,
             .no_material = head.no_material,
             .children_mask = joined.children_mask,
             .homogeneity = joined.homogeneity,
             .envelope = {bytes_.data() + begin + kRowHeadBytes, bytes_.data() + end}});
  }
  return out.finish();
}

sort::Status find_key_at(const sort::Sorter& derived, Order order, uint64_t rank, sort::Key* key,
                         bool* is_found) {
  *is_found = false;
  const size_t key_bytes = order_key_bytes(order);
  std::unique_ptr<sort::Cursor> cursor;
  sort::Status status = derived.open_cursor({}, &cursor);
  std::vector<uint8_t> keys(kDerivedRows * key_bytes), bytes(kDerivedRows * kDerivedBytes);
  std::vector<uint64_t> offsets(kDerivedRows + 1);
  for (size_t count = 1; status.ok() && count != 0; rank -= count) {
    status = cursor->next({keys, offsets, bytes}, &count);
    if (!status.ok() || rank >= count) continue;
    *is_found = true;
    *key = {};
    sort::copy_key(key->data(), keys.data() + rank * key_bytes, key_bytes);
    return {};
  }
  return status;
}

}  // namespace octoload::load
