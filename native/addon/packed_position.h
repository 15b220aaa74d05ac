// Positions and keys of a load's orders as JavaScript keeps them.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>

#include "../load/order_key.h"
#include "arguments.h"

namespace octoload::addon {

// A position: the key, then how many rows with that key, little-endian.
struct PackedPosition {
  size_t size = 0;
  std::array<uint8_t, sort::kMaxKeyBytes + sizeof(uint64_t)> bytes{};
};

inline constexpr size_t position_bytes(load::Order order) {
  return load::order_key_bytes(order) + sizeof(uint64_t);
}

inline PackedPosition pack_position(const sort::Position& position, load::Order order) {
  const size_t key_bytes = load::order_key_bytes(order);
  PackedPosition packed;
  packed.size = position_bytes(order);
  std::copy_n(position.key.begin(), key_bytes, packed.bytes.begin());
  std::memcpy(packed.bytes.data() + key_bytes, &position.equal_keys, sizeof(uint64_t));
  return packed;
}

inline sort::Position unpack_position(std::span<const uint8_t> packed) {
  const size_t key_bytes = packed.size() - sizeof(uint64_t);
  sort::Position position;
  std::copy_n(packed.begin(), key_bytes, position.key.begin());
  std::memcpy(&position.equal_keys, packed.data() + key_bytes, sizeof(uint64_t));
  return position;
}

// Bytes of exactly `size`, or none for null.
inline std::optional<std::span<uint8_t>> bytes_or_null(Arguments& arguments, size_t size) {
  const std::span<uint8_t> bytes = arguments.bytes();
  if (bytes.empty()) return std::nullopt;
  if (bytes.size() != size) arguments.refuse("a position or key of the right size");
  return bytes.size() == size ? std::optional(bytes) : std::nullopt;
}

}  // namespace octoload::addon
