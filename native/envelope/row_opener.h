// Opens envelopes: parsed, decompressed and verified.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "../common/frame.h"
#include "../common/row_status.h"
#include "byte_heap.h"
#include "checksum.h"
#include "envelope.h"
#include "row_key.h"
#include "row_parser.h"

namespace octoload::envelope {

class RowOpener {
 public:
  RowOpener(std::span<const uint8_t> bytes, const Frame& frame,
            std::span<const Dictionary* const> dictionaries) noexcept
      : bytes_(bytes), dictionaries_(dictionaries), checksummer_(frame) {}

  // Opens the envelope [begin, end) of the batch's bytes. Compressed metadata
  // is decompressed into the heap, or aside where the heap has no room for it:
  // what a row claims to hold counts only once the row has been verified.
  RowStatus open(uint32_t begin, uint32_t end, const RowKey& key, ByteHeap& heap) noexcept;

  const ParsedRow& row() const noexcept { return row_; }

  // The row's TEXT or BLOB metadata as it was before compression, of
  // row().metadata_bytes; until the next open(), and the heap's next change.
  const uint8_t* metadata() const noexcept { return metadata_; }

  // The slot of the row's TEXT or BLOB metadata, which is copied into the heap
  // unless it was decompressed there.
  uint64_t metadata_slot(ByteHeap& heap) const noexcept {
    return is_in_heap_ ? unpacked_slot_ : heap.copy(metadata_, row_.metadata_bytes);
  }

 private:
  RowStatus unpack(ByteHeap& heap, Sealed* sealed) noexcept;
  uint8_t* scratch() noexcept;
  bool find_dictionary() noexcept;

  std::span<const uint8_t> bytes_;
  std::span<const Dictionary* const> dictionaries_;
  const Dictionary* dictionary_ = nullptr;  // the last one used
  Checksummer checksummer_;
  ParsedRow row_;
  const uint8_t* metadata_ = nullptr;  // of TEXT or BLOB; as it was before compression
  bool is_in_heap_ = false;
  uint64_t unpacked_slot_ = 0;          // of metadata that is in the heap
  std::unique_ptr<uint8_t[]> scratch_;  // kMaxValueBytes, once a row has needed it
};

}  // namespace octoload::envelope
