// LZ4's block format as docs/envelope.md describes it, and no more than that:
// LZ4 1.9.2's own decoder takes an offset of 0, and so copies bytes that were
// never written.
#include <algorithm>
#include <cstring>

#include "bytes.h"
#include "lz4_block.h"

namespace octoload::envelope {
namespace {

constexpr size_t kStride = 16;
constexpr size_t kMinMatch = 4;
constexpr unsigned kLongLength = 15;  // more bytes follow

// Copies `size` bytes in whole strides where both sides have room for the last
// one; else byte for byte. The ranges may overlap if `to` is a stride or more
// beyond `from`.
void copy_strides(uint8_t* to, const uint8_t* from, size_t size, size_t from_room,
                  size_t to_room) noexcept {
  if (size + kStride > std::min(from_room, to_room)) {
    for (size_t i = 0; i < size; ++i) to[i] = from[i];
    return;
  }
  for (size_t i = 0; i < size; i += kStride) std::memcpy(to + i, from + i, kStride);
}

class Decompressor {
 public:
  Decompressor(const uint8_t* block, size_t block_bytes, const Dictionary* dictionary, uint8_t* to,
               size_t size, size_t room) noexcept
      : in_(block),
        in_end_(block + block_bytes),
        begin_(to),
        out_(to),
        out_end_(to + size),
        room_end_(to + room) {
    if (dictionary != nullptr) dictionary_ = DictionaryAccess::padded_bytes(*dictionary);
    dictionary_end_ = dictionary_.data() + dictionary_.size();
  }

  bool run() noexcept {
    while (in_ != in_end_) {
      const unsigned token = *in_++;
      if (copy_short(token)) continue;
      if (!copy_literals(token >> 4)) return false;
      if (in_ == in_end_) return out_ == out_end_;
      if (!copy_match(token & kLongLength)) return false;
    }
    return false;  // a block ends with literals
  }

 private:
  size_t in_left() const noexcept { return static_cast<size_t>(in_end_ - in_); }
  size_t out_left() const noexcept { return static_cast<size_t>(out_end_ - out_); }
  size_t out_room() const noexcept { return static_cast<size_t>(room_end_ - out_); }

  // A whole sequence of up to 14 literals and a match of up to 18 bytes, where
  // both sides have room to copy more than that: most sequences of a row. Else
  // nothing has moved, and the sequence takes the long way.
  bool copy_short(unsigned token) noexcept {
    const size_t literals = token >> 4;
    const size_t length = (token & kLongLength) + kMinMatch;
    if (literals == kLongLength || length == kLongLength + kMinMatch) return false;
    if (in_left() < kStride + 2 || out_room() < 3 * kStride) return false;
    if (literals + length > out_left()) return false;
    std::memcpy(out_, in_, kStride);
    const size_t offset = load_u16(in_ + literals);
    const size_t produced = static_cast<size_t>(out_ - begin_) + literals;
    const bool shared = offset > produced;
    const size_t back = offset - produced;
    if (shared ? back < length || back > dictionary_.size() : offset < kStride) return false;
    uint8_t* const to = out_ + literals;
    const uint8_t* const from = shared ? dictionary_end_ - back : to - offset;
    std::memcpy(to, from, kStride);
    std::memcpy(to + kStride, from + kStride, kStride);
    in_ += literals + 2;
    out_ = to + length;
    return true;
  }

  // Adds the bytes that follow a length of 15. No overflow: the sum is at most
  // 255 times the block's bytes.
  bool read_length(size_t* length) noexcept {
    uint8_t byte;
    do {
      if (in_ == in_end_) return false;
      byte = *in_++;
      *length += byte;
    } while (byte == 255);
    return true;
  }

  bool copy_literals(size_t length) noexcept {
    if (length == kLongLength && !read_length(&length)) return false;
    if (length > in_left() || length > out_left()) return false;
    copy_strides(out_, in_, length, in_left(), out_room());
    in_ += length;
    out_ += length;
    return true;
  }

  bool copy_match(size_t length) noexcept {
    if (in_left() < 2) return false;
    const size_t offset = load_u16(in_);
    in_ += 2;
    if (length == kLongLength && !read_length(&length)) return false;
    length += kMinMatch;
    if (offset == 0 || length > out_left()) return false;
    const auto produced = static_cast<size_t>(out_ - begin_);
    if (offset > produced) return copy_from_dictionary(offset - produced, length);
    copy_back(offset, length);
    return true;
  }

  // `back` bytes before the dictionary's end, and on into the output.
  bool copy_from_dictionary(size_t back, size_t length) noexcept {
    if (back > dictionary_.size()) return false;
    const size_t within = std::min(back, length);
    const uint8_t* const from = dictionary_end_ - back;
    copy_strides(out_, from, within, back + DictionaryAccess::kPadding, out_room());
    out_ += within;
    if (length > within) copy_back(static_cast<size_t>(out_ - begin_), length - within);
    return true;
  }

  void copy_back(size_t offset, size_t length) noexcept {
    if (offset >= kStride) {
      copy_strides(out_, out_ - offset, length, out_room() + offset, out_room());
    } else {
      for (size_t i = 0; i < length; ++i) out_[i] = *(out_ + i - offset);
    }
    out_ += length;
  }

  const uint8_t* in_;
  const uint8_t* const in_end_;
  const uint8_t* const begin_;
  uint8_t* out_;
  const uint8_t* const out_end_;
  const uint8_t* const room_end_;
  std::span<const uint8_t> dictionary_;
  const uint8_t* dictionary_end_;
};

}  // namespace

bool decompress_block(const uint8_t* block, size_t block_bytes, const Dictionary* dictionary,
                      uint8_t* to, size_t size, size_t room) noexcept {
  return Decompressor(block, block_bytes, dictionary, to, size, room).run();
}

}  // namespace octoload::envelope
