// The codec's way into a Dictionary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "envelope.h"
#include "lz4_api.h"

namespace octoload::envelope {

struct DictionaryAccess {
  // A stream that has loaded the dictionary's bytes; LZ4 only reads it.
  static const LZ4_stream_t& stream(const Dictionary& dictionary) noexcept;

  // The dictionary's bytes; kPadding more can be read behind them.
  static std::span<const uint8_t> padded_bytes(const Dictionary& dictionary) noexcept;
  static constexpr size_t kPadding = 32;
};

}  // namespace octoload::envelope
