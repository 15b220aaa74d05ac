// Sort keys: 8, 16 or 24 bytes compared as unsigned big-endian numbers, that
// is, bytewise from the front.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace octoload::sort {

static_assert(std::endian::native == std::endian::little, "words are byte-swapped for big-endian");

inline constexpr size_t kWordBytes = 8;
inline constexpr size_t kMaxKeyBytes = 3 * kWordBytes;

inline constexpr bool is_key_width(size_t bytes) noexcept {
  return bytes == 8 || bytes == 16 || bytes == 24;
}

// The first bytes count, as many as the sorter's key width.
using Key = std::array<uint8_t, kMaxKeyBytes>;

inline uint64_t load_big_endian(const uint8_t* from) noexcept {
  uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return __builtin_bswap64(value);
}

inline void store_big_endian(uint8_t* to, uint64_t value) noexcept {
  value = __builtin_bswap64(value);
  std::memcpy(to, &value, sizeof value);
}

inline constexpr uint64_t kSignBit = 0x8000000000000000;

// Signed numbers (Murmur3 tokens) in an unsigned order, and back.
inline constexpr uint64_t order_signed(int64_t value) noexcept {
  return static_cast<uint64_t>(value) ^ kSignBit;
}
inline constexpr int64_t restore_signed(uint64_t ordered) noexcept {
  return static_cast<int64_t>(ordered ^ kSignBit);
}

inline Key pack_key(uint64_t first, uint64_t second = 0, uint64_t third = 0) noexcept {
  Key key;
  store_big_endian(key.data(), first);
  store_big_endian(key.data() + kWordBytes, second);
  store_big_endian(key.data() + 2 * kWordBytes, third);
  return key;
}

inline void copy_key(uint8_t* to, const uint8_t* from, size_t key_bytes) noexcept {
  for (size_t i = 0; i < key_bytes; i += kWordBytes) std::memcpy(to + i, from + i, kWordBytes);
}

// How many of the `count` packed, sorted keys are below `bound`.
inline size_t count_below(const uint8_t* keys, size_t count, size_t key_bytes,
                          const Key& bound) noexcept {
  size_t low = 0;
  for (size_t high = count; low < high;) {
    const size_t middle = low + (high - low) / 2;
    const bool below = std::memcmp(keys + middle * key_bytes, bound.data(), key_bytes) < 0;
    (below ? low : high) = below ? middle + 1 : middle;
  }
  return low;
}

// A place in the sorted order: the last key read, and how many records with
// exactly that key were read; or the key to begin with, and 0. It names the
// same place whatever the runs are, because equal keys keep their order of
// arrival.
struct Position {
  Key key = {};
  uint64_t equal_keys = 0;
};

// Moves `position` past the packed keys just read after it.
inline void advance_position(Position* position, std::span<const uint8_t> keys,
                             size_t key_bytes) noexcept {
  for (size_t at = 0; at + key_bytes <= keys.size(); at += key_bytes) {
    const uint8_t* const key = keys.data() + at;
    const bool is_same = std::memcmp(key, position->key.data(), key_bytes) == 0;
    if (!is_same) copy_key(position->key.data(), key, key_bytes);
    position->equal_keys = is_same ? position->equal_keys + 1 : 1;
  }
}

}  // namespace octoload::sort
