// The orders in which sinks want their rows, as keys of the external sort.
//
//   node        code, then level: the embedded table's primary key. Works to level 26.
//   tile        level, tile, cell: the embedded tile table's.
//   node token  the Murmur3 token of the code, then as node: Cassandra's own order
//               of the node table. Below level 21 of the code's low 64 bits.
//   tile token  the token of (level, tile), then as tile: Cassandra's of the tile table.
//   source      file, rowid: the source's own. Only derived columns are sorted so.
//
// node and tile are one number of up to 88 bits, big-endian in 16 bytes; a token
// stands before it as 8 bytes that compare as the signed token does. source is
// two words.
#pragma once

#include <cstdint>
#include <span>

#include "../envelope/row_key.h"
#include "../sort/key.h"

namespace octoload::load {

enum class Order : uint8_t { kNode = 0, kTile = 1, kNodeToken = 2, kTileToken = 3, kSource = 4 };
inline constexpr size_t kOrders = 5;
inline constexpr size_t kPlainKeyBytes = 16;

inline constexpr bool has_token(Order order) noexcept {
  return order == Order::kNodeToken || order == Order::kTileToken;
}
inline constexpr size_t order_key_bytes(Order order) noexcept {
  return kPlainKeyBytes + (has_token(order) ? sort::kWordBytes : 0);
}

// Packs the keys one behind the other, in an order of cells. In one call, because
// tokens of many keys are computed faster than one by one.
void pack_order_keys(Order order, std::span<const envelope::RowKey> keys, uint8_t* to) noexcept;

inline void pack_order_key(Order order, const envelope::RowKey& key, uint8_t* to) noexcept {
  pack_order_keys(order, {&key, 1}, to);
}

envelope::RowKey unpack_order_key(Order order, const uint8_t* from) noexcept;

// In Order::kSource.
inline void pack_source_key(uint32_t file, int64_t rowid, uint8_t* to) noexcept {
  sort::store_big_endian(to, file);
  sort::store_big_endian(to + sort::kWordBytes, sort::order_signed(rowid));
}

}  // namespace octoload::load
