// Cassandra's token of a short key once more, byte by byte: MurmurHash3 x64 128
// with a tail only, whose bytes are signed.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "../../native/envelope/row_key.h"
#include "../../native/load/order_key.h"

namespace octoload::test {

inline uint64_t rotated(uint64_t value, int bits) { return value << bits | value >> (64 - bits); }

inline uint64_t mixed(uint64_t value) {
  value = (value ^ value >> 33) * 0xff51afd7ed558ccd;
  value = (value ^ value >> 33) * 0xc4ceb9fe1a85ec53;
  return value ^ value >> 33;
}

// Of up to 15 bytes.
inline int64_t token_oracle(const std::vector<uint8_t>& key) {
  uint64_t k[2] = {0, 0};
  for (size_t i = 0; i < key.size(); ++i) {
    const auto byte = static_cast<int64_t>(static_cast<int8_t>(key[i]));
    k[i / 8] ^= static_cast<uint64_t>(byte) << (8 * (i % 8));
  }
  uint64_t h2 = rotated(k[1] * 0x4cf5ad432745937f, 33) * 0x87c37b91114253d5;
  uint64_t h1 = rotated(k[0] * 0x87c37b91114253d5, 31) * 0x4cf5ad432745937f;
  h1 ^= key.size();
  h2 ^= key.size();
  h1 += h2;
  h2 += h1;
  const auto token = static_cast<int64_t>(mixed(h1) + mixed(h2));
  return token == std::numeric_limits<int64_t>::min() ? std::numeric_limits<int64_t>::max() : token;
}

// 0 in the orders that have no token.
inline int64_t token_oracle(load::Order order, const envelope::RowKey& key) {
  std::vector<uint8_t> bytes;
  const auto add = [&](uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<uint8_t>(value >> shift));
  };
  if (order == load::Order::kNodeToken) {
    add(key.tile << 15 | key.cell);
  } else if (order == load::Order::kTileToken) {
    bytes = {0, 1, key.level, 0, 0, 8};
    add(key.tile);
    bytes.push_back(0);
  }
  return bytes.empty() ? 0 : token_oracle(bytes);
}

}  // namespace octoload::test
