// Opens envelopes: parsed, decompressed and verified.
#pragma once

#include <cstddef>
#include <cstdint>
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
  // is decompressed into the heap, whose overflow is to be looked at.
  RowStatus open(uint32_t begin, uint32_t end, const RowKey& key, ByteHeap& heap) noexcept;

  const ParsedRow& row() const noexcept { return row_; }

  // Whether the metadata lies in the heap already, and its slot there.
  bool is_unpacked() const noexcept { return (row_.flags & kFlagLz4) != 0; }
  uint64_t unpacked_slot() const noexcept { return unpacked_slot_; }

 private:
  RowStatus unpack(ByteHeap& heap, Sealed* sealed) noexcept;
  bool find_dictionary() noexcept;

  std::span<const uint8_t> bytes_;
  std::span<const Dictionary* const> dictionaries_;
  const Dictionary* dictionary_ = nullptr;  // the last one used
  Checksummer checksummer_;
  ParsedRow row_;
  uint64_t unpacked_slot_ = 0;
};

}  // namespace octoload::envelope
