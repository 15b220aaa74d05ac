// The format's integers: little-endian words, varint (unsigned LEB128),
// zigzag, and words of which only the significant bytes are stored
// (docs/envelope.md, "Conventions").
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace octoload::envelope {

static_assert(std::endian::native == std::endian::little, "words are copied as they stand");

inline constexpr size_t kMaxVarintBytes = 10;

inline uint64_t load_u64(const uint8_t* from) noexcept {
  uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline uint32_t load_u32(const uint8_t* from) noexcept {
  uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline uint16_t load_u16(const uint8_t* from) noexcept {
  uint16_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline void store_u64(uint8_t* to, uint64_t value) noexcept {
  std::memcpy(to, &value, sizeof value);
}
inline void store_u32(uint8_t* to, uint32_t value) noexcept {
  std::memcpy(to, &value, sizeof value);
}
inline void store_u16(uint8_t* to, uint16_t value) noexcept {
  std::memcpy(to, &value, sizeof value);
}

// memcpy that allows the null pointer of an empty span.
inline void copy_bytes(uint8_t* to, const uint8_t* from, size_t size) noexcept {
  if (size != 0) std::memcpy(to, from, size);
}

inline constexpr uint64_t zigzag(int64_t value) noexcept {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}

inline constexpr int64_t unzigzag(uint64_t value) noexcept {
  return static_cast<int64_t>((value >> 1) ^ (0 - (value & 1)));
}

inline constexpr size_t varint_size(uint64_t value) noexcept {
  return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
}

// Writes at most kMaxVarintBytes; returns the end.
inline uint8_t* put_varint(uint8_t* to, uint64_t value) noexcept {
  while (value >= 0x80) {
    *to++ = static_cast<uint8_t>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<uint8_t>(value);
  return to;
}

// How many low bytes of `value` are significant (0..8), and how many high ones.
inline constexpr unsigned low_width(uint64_t value) noexcept {
  return static_cast<unsigned>(std::bit_width(value) + 7) / 8;
}
inline constexpr unsigned high_width(uint64_t value) noexcept {
  return 8 - static_cast<unsigned>(std::countr_zero(value)) / 8;
}

// Stores the `width` significant bytes. Both write eight bytes; the caller has
// room for them and overwrites the rest.
inline uint8_t* put_low_bytes(uint8_t* to, uint64_t value, unsigned width) noexcept {
  store_u64(to, value);
  return to + width;
}
inline uint8_t* put_high_bytes(uint8_t* to, uint64_t value, unsigned width) noexcept {
  store_u64(to, value >> ((64 - 8 * width) & 63));  // width 0 means value 0: no shift needed
  return to + width;
}

}  // namespace octoload::envelope
