// A row's key: level, tile and cell, checked against the level's range.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../common/frame.h"
#include "../common/row_status.h"
#include "envelope.h"

namespace octoload::envelope {

inline constexpr unsigned kCellBits = 15;
inline constexpr unsigned kCellMask = (1u << kCellBits) - 1;

struct RowKey {
  uint64_t tile = 0;
  uint16_t cell = 0;
  uint8_t level = 0;
};

inline RowStatus split_code(uint64_t code, RowKey* key) noexcept {
  if (key->level > kMaxCodeLevel) return kRowBadLevel;
  if ((code >> (3 * key->level)) != 0) return kRowBadCode;
  key->tile = code >> kCellBits;
  key->cell = static_cast<uint16_t>(code & kCellMask);
  return kRowOk;
}

// Level 26 has 78 bits, 63 of them in the tile, so no shift here reaches 64.
inline bool is_in_level(const RowKey& key) noexcept {
  const unsigned bits = 3u * key.level;
  if (bits >= kCellBits) return key.cell <= kCellMask && (key.tile >> (bits - kCellBits)) == 0;
  return key.tile == 0 && (key.cell >> bits) == 0;
}

inline RowStatus read_key(const RowKeys& keys, size_t row, RowKey* key) noexcept {
  key->level = keys.levels != nullptr ? keys.levels[row] : keys.level;
  if (keys.cells == nullptr) return split_code(keys.tiles[row], key);
  if (key->level > kMaxLevel) return kRowBadLevel;
  key->tile = keys.tiles[row];
  key->cell = keys.cells[row];
  return is_in_level(*key) ? kRowOk : kRowBadCode;
}

}  // namespace octoload::envelope
