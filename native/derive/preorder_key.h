// A row's key as the key sort orders it: depth-first, each cell directly before
// what lies in it (preorder).
//
// The key is one number, big-endian in 16 bytes: the code moved to where its
// cell begins at level 26 (code << 3 * (26 - level), 78 bits), from the top bit
// on; zeros; in the last byte the level. All cells that begin at the same
// corner share the aligned code, and the level puts the largest first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../envelope/row_key.h"

namespace octoload::derive {

__extension__ using Wide = unsigned __int128;

inline constexpr size_t kPreorderKeyBytes = 16;

// `key` must be in its level's range (envelope::is_in_level).
void pack_preorder_key(const envelope::RowKey& key, uint8_t to[kPreorderKeyBytes]) noexcept;

// False, and nothing written, for bytes that pack_preorder_key does not make.
bool unpack_preorder_key(const uint8_t from[kPreorderKeyBytes], envelope::RowKey* key) noexcept;

// The same key as a number, for who compares prefixes.
inline constexpr unsigned kAlignedShift = 128 - 3 * kMaxLevel;

inline Wide load_preorder_key(const uint8_t* from) noexcept {
  uint64_t high, low;
  std::memcpy(&high, from, sizeof high);
  std::memcpy(&low, from + sizeof high, sizeof low);
  return Wide{__builtin_bswap64(high)} << 64 | __builtin_bswap64(low);
}

inline constexpr unsigned level_of(Wide key) noexcept { return static_cast<uint8_t>(key); }

// What an aligned code has to be shifted down by to become the code.
inline constexpr unsigned code_shift(unsigned level) noexcept {
  return kAlignedShift + 3 * (kMaxLevel - level);
}

// The bits below the code. Level 0 has a code of no bits, so its shift is done
// in two steps: none may reach 128.
inline constexpr Wide below_code(unsigned level) noexcept {
  return (Wide{1} << (code_shift(level) - 1) << 1) - 1;
}

// The level is one there is, and below the code is nothing but it.
inline constexpr bool is_preorder_key(Wide key) noexcept {
  const unsigned level = level_of(key);
  return level <= kMaxLevel && (key & below_code(level)) == level;
}

// Whether the cell `inner` lies strictly inside the cell `outer`.
inline constexpr bool is_inside(Wide inner, Wide outer) noexcept {
  const unsigned level = level_of(outer);
  return level_of(inner) > level && (inner ^ outer) <= below_code(level);
}

envelope::RowKey row_key_of(Wide key) noexcept;

}  // namespace octoload::derive
