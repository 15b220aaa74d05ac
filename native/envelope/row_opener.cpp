#include "row_opener.h"

#include <new>

#include "bytes.h"
#include "lz4_block.h"

namespace octoload::envelope {

RowStatus RowOpener::open(uint32_t begin, uint32_t end, const RowKey& key,
                          ByteHeap& heap) noexcept {
  if (begin > end) return kRowMalformed;
  if (end > bytes_.size()) return kRowTruncated;
  const uint8_t* const data = bytes_.data();
  const RowStatus parsed = parse_row(data + begin, data + end, data + bytes_.size(), &row_);
  if (parsed != kRowOk) return parsed;

  Sealed sealed;
  sealed.flags = row_.flags;
  sealed.dictionary = row_.dictionary;
  sealed.content = row_.content;
  sealed.content_bytes = static_cast<size_t>(row_.body_end - row_.content);
  metadata_ = row_.metadata.data;
  is_in_heap_ = false;
  if ((row_.flags & kFlagLz4) != 0) {
    const RowStatus unpacked = unpack(heap, &sealed);
    if (unpacked != kRowOk) return unpacked;
  }
  const uint32_t stored = load_u32(row_.body_end);
  return checksummer_.checksum(sealed, key) == stored ? kRowOk : kRowBadChecksum;
}

RowStatus RowOpener::unpack(ByteHeap& heap, Sealed* sealed) noexcept {
  if (!find_dictionary()) return kRowUnknownDictionary;
  const size_t size = row_.metadata_bytes;
  is_in_heap_ = size <= heap.room();
  uint8_t* const to = is_in_heap_ ? heap.reserve(size) : scratch();
  if (to == nullptr) {
    heap.fail();
    return kRowTooLarge;
  }
  const size_t room = is_in_heap_ ? heap.room() : kMaxValueBytes;
  const Value& block = row_.metadata;
  if (!decompress_block(block.data, block.length, dictionary_, to, size, room)) return kRowBadLz4;
  if (is_in_heap_) unpacked_slot_ = heap.keep(size);
  metadata_ = to;
  sealed->content_bytes = static_cast<size_t>(block.data - row_.content);
  sealed->metadata = to;
  sealed->metadata_bytes = row_.metadata_bytes;
  return kRowOk;
}

// nullptr when there is no memory for it.
uint8_t* RowOpener::scratch() noexcept {
  if (scratch_ == nullptr) scratch_.reset(new (std::nothrow) uint8_t[kMaxValueBytes]);
  return scratch_.get();
}

bool RowOpener::find_dictionary() noexcept {
  const uint32_t number = row_.dictionary;
  if (number != 0 && dictionary_ != nullptr && dictionary_->number() == number) return true;
  dictionary_ = nullptr;
  if (number == 0) return true;
  for (const Dictionary* candidate : dictionaries_) {
    if (candidate != nullptr && candidate->number() == number) dictionary_ = candidate;
  }
  return dictionary_ != nullptr;
}

}  // namespace octoload::envelope
