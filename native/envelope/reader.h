// A bounded reader over one envelope. The first fault sticks: from then on
// every read returns zero and moves nothing, so that a parser can look at the
// fault once after a run of reads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "../common/row_status.h"
#include "bytes.h"

namespace octoload::envelope {

class Reader {
 public:
  // Reads [begin, end). Bytes up to `readable` (>= end) may be touched, which
  // lets most words be loaded whole; they never reach a result.
  Reader(const uint8_t* begin, const uint8_t* end, const uint8_t* readable) noexcept
      : at_(begin), end_(end), readable_(readable) {}

  const uint8_t* at() const noexcept { return at_; }
  size_t left() const noexcept { return static_cast<size_t>(end_ - at_); }
  RowStatus fault() const noexcept { return fault_; }

  void fail(RowStatus fault) noexcept {
    if (fault_ == kRowOk) fault_ = fault;
    at_ = end_;
  }

  // `size` bytes, or nullptr when fewer are left.
  const uint8_t* take(size_t size) noexcept {
    if (size > left()) [[unlikely]] {
      fail(kRowTruncated);
      return nullptr;
    }
    const uint8_t* taken = at_;
    at_ += size;
    return taken;
  }

  uint8_t u8() noexcept {
    const uint8_t* from = take(1);
    return from != nullptr ? *from : uint8_t{0};
  }
  uint16_t u16() noexcept {
    const uint8_t* from = take(2);
    return from != nullptr ? load_u16(from) : uint16_t{0};
  }
  uint32_t u32() noexcept {
    const uint8_t* from = take(4);
    return from != nullptr ? load_u32(from) : 0u;
  }
  uint64_t u64() noexcept {
    const uint8_t* from = take(8);
    return from != nullptr ? load_u64(from) : uint64_t{0};
  }

  uint64_t varint() noexcept {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const uint8_t* from = take(1);
      if (from == nullptr) return 0;
      const uint8_t byte = *from;
      if (shift == 63 && byte > 1) break;
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    fail(kRowMalformed);
    return 0;
  }

  // A varint that must lie in [low, high].
  uint32_t varint_within(uint32_t low, uint32_t high) noexcept {
    const uint64_t value = varint();
    if (fault_ != kRowOk) return 0;
    if (value < low || value > high) {
      fail(kRowMalformed);
      return 0;
    }
    return static_cast<uint32_t>(value);
  }

  // The low `width` bytes of a word, the others zero. width is 0..8.
  uint64_t low_bytes(unsigned width) noexcept {
    const uint8_t* from = take(width);
    if (from == nullptr) return 0;
    if (readable_ - from >= 8) [[likely]]
      return load_u64(from) & kLowMasks[width];
    uint64_t value = 0;
    for (unsigned i = 0; i < width; ++i) value |= static_cast<uint64_t>(from[i]) << (8 * i);
    return value;
  }

  // The high `width` bytes of a word, the others zero. width is 0..8.
  uint64_t high_bytes(unsigned width) noexcept {
    const uint64_t value = low_bytes(width);
    return value << ((64 - 8 * width) & 63);  // width 0: the value is 0 already
  }

 private:
  static constexpr std::array<uint64_t, 9> kLowMasks = {
      0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, ~0ull >> 24, ~0ull >> 16, ~0ull >> 8, ~0ull};

  const uint8_t* at_;
  const uint8_t* end_;
  const uint8_t* readable_;
  RowStatus fault_ = kRowOk;
};

}  // namespace octoload::envelope
