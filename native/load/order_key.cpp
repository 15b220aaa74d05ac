#include "order_key.h"

#include <algorithm>

#include "../token/murmur3.h"

namespace octoload::load {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr unsigned kLevelBits = 5;
constexpr unsigned kCodeBits = 3 * kMaxLevel;
constexpr size_t kTokensAtOnce = 256;

constexpr bool is_node(Order order) noexcept {
  return order == Order::kNode || order == Order::kNodeToken;
}

Wide code_of(const envelope::RowKey& key) noexcept {
  return Wide{key.tile} << envelope::kCellBits | key.cell;
}

void pack_plain_key(bool by_code, const envelope::RowKey& key, uint8_t* to) noexcept {
  const Wide code = code_of(key);
  const Wide value = by_code ? code << kLevelBits | key.level : Wide{key.level} << kCodeBits | code;
  sort::store_big_endian(to, static_cast<uint64_t>(value >> 64));
  sort::store_big_endian(to + sort::kWordBytes, static_cast<uint64_t>(value));
}

// As many as `tokens` has room for.
void find_tokens(Order order, std::span<const envelope::RowKey> keys, int64_t* tokens) noexcept {
  uint64_t words[kTokensAtOnce];
  uint8_t levels[kTokensAtOnce];
  for (size_t i = 0; i < keys.size(); ++i) {
    words[i] = is_node(order) ? static_cast<uint64_t>(code_of(keys[i])) : keys[i].tile;
    levels[i] = keys[i].level;
  }
  if (is_node(order)) {
    token::of_bigints(words, keys.size(), tokens);
  } else {
    token::of_tiles(levels, 0, words, keys.size(), tokens);
  }
}

}  // namespace

void pack_order_keys(Order order, std::span<const envelope::RowKey> keys, uint8_t* to) noexcept {
  if (!has_token(order)) {
    for (const envelope::RowKey& key : keys) {
      pack_plain_key(is_node(order), key, to);
      to += kPlainKeyBytes;
    }
    return;
  }
  int64_t tokens[kTokensAtOnce];
  while (!keys.empty()) {
    const auto some = keys.first(std::min(keys.size(), kTokensAtOnce));
    find_tokens(order, some, tokens);
    for (size_t i = 0; i < some.size(); ++i) {
      sort::store_big_endian(to, sort::order_signed(tokens[i]));
      pack_plain_key(is_node(order), some[i], to + sort::kWordBytes);
      to += sort::kWordBytes + kPlainKeyBytes;
    }
    keys = keys.subspan(some.size());
  }
}

envelope::RowKey unpack_order_key(Order order, const uint8_t* from) noexcept {
  if (has_token(order)) from += sort::kWordBytes;
  const Wide value =
      Wide{sort::load_big_endian(from)} << 64 | sort::load_big_endian(from + sort::kWordBytes);
  const bool by_code = is_node(order);
  const Wide code = by_code ? value >> kLevelBits : value & ((Wide{1} << kCodeBits) - 1);
  const Wide level = by_code ? value & ((1u << kLevelBits) - 1) : value >> kCodeBits;
  envelope::RowKey key;
  key.tile = static_cast<uint64_t>(code >> envelope::kCellBits);
  key.cell = static_cast<uint16_t>(static_cast<uint64_t>(code) & envelope::kCellMask);
  key.level = static_cast<uint8_t>(level);
  return key;
}

}  // namespace octoload::load
