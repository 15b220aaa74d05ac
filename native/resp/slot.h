// Which of a cluster's slots a key belongs to.
//
// Source: "Redis cluster specification", key distribution model and hash tags:
// CRC-16/XMODEM (polynomial 0x1021, from 0, no reflection) modulo 16384, of
// what stands between the key's first { and the first } behind it, where there
// are both and something in between; of the whole key otherwise.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace octoload::resp {

inline constexpr size_t kSlots = 16384;

inline constexpr std::array<uint16_t, 256> kCrc16Table = [] {
  std::array<uint16_t, 256> table{};
  for (uint32_t byte = 0; byte < table.size(); ++byte) {
    uint32_t crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021 : 0);
    table[byte] = static_cast<uint16_t>(crc);
  }
  return table;
}();

// Of what gave `crc` so far and these bytes.
inline uint16_t crc16(std::span<const uint8_t> bytes, uint16_t crc = 0) noexcept {
  for (const uint8_t byte : bytes) {
    crc = static_cast<uint16_t>(crc << 8 ^ kCrc16Table[(crc >> 8 ^ byte) & 0xff]);
  }
  return crc;
}

// What of a key is hashed; it begins where the key does unless it is a tag.
inline std::span<const uint8_t> hashed_part(std::span<const uint8_t> key) noexcept {
  const auto open = std::find(key.begin(), key.end(), '{');
  if (open == key.end()) return key;
  const auto close = std::find(open + 1, key.end(), '}');
  if (close == key.end() || close == open + 1) return key;
  return {open + 1, close};
}

inline uint16_t slot_of(std::span<const uint8_t> key) noexcept {
  return crc16(hashed_part(key)) % kSlots;
}

// Keys of one prefix whose rest has no braces: the prefix is hashed once.
class PrefixSlots {
 public:
  explicit PrefixSlots(std::span<const uint8_t> prefix) noexcept
      : is_tagged_(hashed_part(prefix).data() != prefix.data()), crc_(crc16(hashed_part(prefix))) {}

  // All keys are of one slot.
  bool is_tagged() const noexcept { return is_tagged_; }
  uint16_t slot_of(std::span<const uint8_t> rest) const noexcept {
    return (is_tagged_ ? crc_ : crc16(rest, crc_)) % kSlots;
  }

 private:
  bool is_tagged_;
  uint16_t crc_;
};

}  // namespace octoload::resp
