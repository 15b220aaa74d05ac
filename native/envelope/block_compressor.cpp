#include "lz4_block.h"

namespace octoload::envelope {
namespace {

constexpr int kAcceleration = 1;  // LZ4's default, its smallest output

const char* chars(const uint8_t* bytes) noexcept { return reinterpret_cast<const char*>(bytes); }
char* chars(uint8_t* bytes) noexcept { return reinterpret_cast<char*>(bytes); }

}  // namespace

BlockCompressor::BlockCompressor(const Dictionary* dictionary) noexcept
    : dictionary_(dictionary != nullptr ? &DictionaryAccess::stream(*dictionary) : nullptr) {
  LZ4_initStream(&stream_, sizeof stream_);
}

size_t BlockCompressor::compress(const uint8_t* from, size_t size, uint8_t* to,
                                 size_t capacity) noexcept {
  const int input = static_cast<int>(size);
  const int room = static_cast<int>(capacity);
  int written;
  if (dictionary_ == nullptr) {
    written = LZ4_compress_fast_extState_fastReset(&stream_, chars(from), chars(to), input, room,
                                                   kAcceleration);
  } else {
    LZ4_attach_dictionary(&stream_, dictionary_);  // does LZ4_resetStream_fast() itself
    written =
        LZ4_compress_fast_continue(&stream_, chars(from), chars(to), input, room, kAcceleration);
  }
  return written > 0 ? static_cast<size_t>(written) : 0;
}

}  // namespace octoload::envelope
