#include "key_reader.h"

#include <algorithm>

#include "records.h"

namespace octoload::load {
namespace {

constexpr size_t kKeysAtOnce = 8192;

}  // namespace

sort::Status KeyReader::open(const sort::Sorter& derived, Order order, const sort::Range& range,
                             std::unique_ptr<KeyReader>* reader) {
  // There the keys are rows of files, not cells.
  if (order == Order::kSource) return sort::failure(sort::Code::kBadArgument);
  std::unique_ptr<KeyReader> opened(new KeyReader(order));
  sort::Status status = derived.open_cursor(range, &opened->cursor_);
  if (status.ok()) *reader = std::move(opened);
  return status;
}

sort::Status KeyReader::next(const KeyColumns& columns, size_t* count) {
  *count = 0;
  size_t room =
      std::min({columns.tiles.size(), columns.cells.size(), columns.levels.size(), kKeysAtOnce});
  if (has_token(order_)) room = std::min(room, columns.tokens.size());
  if (room == 0) return sort::failure(sort::Code::kBadArgument);
  if (cursor_ == nullptr) return {};
  keys_.resize(room * key_bytes_);
  bytes_.resize(room * kDerivedBytes);
  offsets_.resize(room + 1);
  sort::Status status = cursor_->next({keys_, offsets_, bytes_}, count);
  // A record of another size: it is not what Derivation put there.
  if (status.code == sort::Code::kOutputTooSmall) return sort::failure(sort::Code::kDamaged);
  if (!status.ok()) return status;
  if (offsets_[*count] != *count * kDerivedBytes) return sort::failure(sort::Code::kDamaged);
  unpack(*count, columns);
  if (*count == 0) cursor_.reset();
  return {};
}

void KeyReader::unpack(size_t count, const KeyColumns& columns) const {
  const uint8_t* from = keys_.data();
  for (size_t i = 0; i < count; ++i, from += key_bytes_) {
    const envelope::RowKey key = unpack_order_key(order_, from);
    columns.tiles[i] = key.tile;
    columns.cells[i] = key.cell;
    columns.levels[i] = key.level;
    if (has_token(order_)) columns.tokens[i] = sort::restore_signed(sort::load_big_endian(from));
  }
}

}  // namespace octoload::load
