// The orders in which sinks want their rows, as keys of the external sort.
//
//   node   code, then level: the embedded table's primary key. Works to level 26.
//   tile   level, tile, cell: the tile table's.
//
// Both are one number of up to 88 bits, big-endian in 16 bytes.
#pragma once

#include <cstdint>

#include "../envelope/row_key.h"
#include "../sort/key.h"

namespace octoload::load {

enum class Order : uint8_t { kNode = 0, kTile = 1 };
inline constexpr size_t kOrders = 2;
inline constexpr size_t kOrderKeyBytes = 16;

__extension__ using Wide = unsigned __int128;

inline constexpr unsigned kLevelBits = 5;
inline constexpr unsigned kCodeBits = 3 * kMaxLevel;

inline Wide code_of(const envelope::RowKey& key) noexcept {
  return Wide{key.tile} << envelope::kCellBits | key.cell;
}

inline void pack_order_key(Order order, const envelope::RowKey& key, uint8_t* to) noexcept {
  const Wide code = code_of(key);
  const Wide value =
      order == Order::kNode ? code << kLevelBits | key.level : Wide{key.level} << kCodeBits | code;
  sort::store_big_endian(to, static_cast<uint64_t>(value >> 64));
  sort::store_big_endian(to + sort::kWordBytes, static_cast<uint64_t>(value));
}

inline envelope::RowKey unpack_order_key(Order order, const uint8_t* from) noexcept {
  const Wide value =
      Wide{sort::load_big_endian(from)} << 64 | sort::load_big_endian(from + sort::kWordBytes);
  const bool is_node = order == Order::kNode;
  const Wide code = is_node ? value >> kLevelBits : value & ((Wide{1} << kCodeBits) - 1);
  envelope::RowKey key;
  key.tile = static_cast<uint64_t>(code >> envelope::kCellBits);
  key.cell = static_cast<uint16_t>(static_cast<uint64_t>(code) & envelope::kCellMask);
  key.level = static_cast<uint8_t>(is_node ? static_cast<uint64_t>(value) & ((1u << kLevelBits) - 1)
                                           : static_cast<uint64_t>(value >> kCodeBits));
  return key;
}

}  // namespace octoload::load
