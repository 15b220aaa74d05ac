// The envelope's checksum: CRC-32C over the head's facts, the content before
// compression, the frame and the key (docs/envelope.md, "Checksum").
#pragma once

#include <cstddef>
#include <cstdint>

#include "../common/crc32c.h"
#include "../common/frame.h"
#include "bytes.h"
#include "envelope.h"
#include "row_key.h"

namespace octoload::envelope {

// What a checksum covers besides frame and key.
struct Sealed {
  uint8_t flags = 0;
  uint32_t dictionary = 0;  // its number, 0 without one
  const uint8_t* content = nullptr;
  size_t content_bytes = 0;
  const uint8_t* metadata = nullptr;  // decompressed; may directly follow the content
  size_t metadata_bytes = 0;
};

class Checksummer {
 public:
  explicit Checksummer(const Frame& frame) noexcept : update_(crc32c_update()) {
    for (unsigned axis = 0; axis < 3; ++axis) {
      std::memcpy(tail_ + 8 * axis, &frame.min[axis], 8);
      std::memcpy(tail_ + 24 + 8 * axis, &frame.size[axis], 8);
    }
  }

  uint32_t checksum(const Sealed& sealed, const RowKey& key) noexcept {
    uint8_t head[8];
    store_u64(head, kVersion | uint64_t{sealed.flags} << 8 | uint64_t{sealed.dictionary} << 16);
    uint32_t state = update_(kCrc32cInitial, head, 6);
    if (sealed.metadata == sealed.content + sealed.content_bytes) {
      state = update_(state, sealed.content, sealed.content_bytes + sealed.metadata_bytes);
    } else {
      state = update_(state, sealed.content, sealed.content_bytes);
      state = update_(state, sealed.metadata, sealed.metadata_bytes);
    }
    return crc32c_finish(update_(state, key_tail(key), kTailBytes));
  }

 private:
  static constexpr size_t kFrameBytes = 48;
  static constexpr size_t kTailBytes = kFrameBytes + 11;

  // Level u8, tile u64, cell u16, stored so that no eight-byte load of the
  // checksum straddles two of these stores.
  const uint8_t* key_tail(const RowKey& key) noexcept {
    store_u64(tail_ + kFrameBytes, key.level | key.tile << 8);
    store_u32(tail_ + kFrameBytes + 8,
              static_cast<uint32_t>(key.tile >> 56) | uint32_t{key.cell} << 8);
    return tail_;
  }

  Crc32cUpdate update_;
  uint8_t tail_[64] = {};
};

}  // namespace octoload::envelope
