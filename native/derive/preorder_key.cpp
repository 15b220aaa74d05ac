#include "preorder_key.h"

namespace octoload::derive {

void pack_preorder_key(const envelope::RowKey& key, uint8_t to[kPreorderKeyBytes]) noexcept {
  const Wide code = Wide{key.tile} << envelope::kCellBits | key.cell;
  const Wide packed = (code << (code_shift(key.level) - 1) << 1) | key.level;
  const uint64_t high = __builtin_bswap64(static_cast<uint64_t>(packed >> 64));
  const uint64_t low = __builtin_bswap64(static_cast<uint64_t>(packed));
  std::memcpy(to, &high, sizeof high);
  std::memcpy(to + sizeof high, &low, sizeof low);
}

envelope::RowKey row_key_of(Wide key) noexcept {
  const unsigned level = level_of(key);
  const Wide code = key >> (code_shift(level) - 1) >> 1;
  return {static_cast<uint64_t>(code >> envelope::kCellBits),
          static_cast<uint16_t>(static_cast<uint64_t>(code) & envelope::kCellMask),
          static_cast<uint8_t>(level)};
}

bool unpack_preorder_key(const uint8_t from[kPreorderKeyBytes], envelope::RowKey* key) noexcept {
  const Wide packed = load_preorder_key(from);
  if (!is_preorder_key(packed)) return false;
  *key = row_key_of(packed);
  return true;
}

}  // namespace octoload::derive
