// LZ4 blocks, with or without a dictionary.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dictionary_access.h"
#include "envelope.h"
#include "lz4_api.h"

namespace octoload::envelope {

// LZ4 ends a block with at least five literals and starts its last match at
// least twelve bytes before the end: a shorter input never gets smaller.
inline constexpr size_t kMinCompressibleBytes = 13;

// Compresses many small inputs one after the other. The hash table is not
// cleared between them (that would cost more than a row does): LZ4 gives each
// input positions above all earlier ones, so what earlier inputs left in the
// table is out of range. Hence a block depends on its own input and the
// dictionary alone, not on the inputs before it (LZ4 1.9.2:
// LZ4_prepareTable(); test/native/envelope_test.cpp holds it to that).
class BlockCompressor {
 public:
  explicit BlockCompressor(const Dictionary* dictionary) noexcept;

  // Writes one block of at most `capacity` bytes and returns its size, or 0
  // when it does not fit. `size` is at most kMaxValueBytes.
  size_t compress(const uint8_t* from, size_t size, uint8_t* to, size_t capacity) noexcept;

 private:
  const LZ4_stream_t* dictionary_;
  LZ4_stream_t stream_;  // 16 KiB
};

// Decompresses one block; whether it is one and gave exactly `size` bytes. Up
// to `room` bytes (>= size) of `to` may be overwritten: slack makes it faster.
// Any input is safe.
bool decompress_block(const uint8_t* block, size_t block_bytes, const Dictionary* dictionary,
                      uint8_t* to, size_t size, size_t room) noexcept;

}  // namespace octoload::envelope
