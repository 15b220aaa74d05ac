// A row's canonical bytes, exactly as docs/digest.md has them: what the row's
// digest is the SHA-256 of.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "../envelope/layout.h"
#include "../envelope/row_key.h"
#include "column_names.h"
#include "sha256.h"

namespace octoload::digest {

inline constexpr uint8_t kCanonicalVersion = 1;

// A row as its source had it, and what was derived for it. Values have kinds
// 0..5; those of x, y, z are INTEGER or REAL where they are the coordinate.
struct CanonicalRow {
  envelope::RowKey key;
  envelope::Value id, level, material, density, metadata, created;
  std::array<envelope::Value, 3> axes;
  std::array<double, 3> coordinates;  // metres, whatever they were read from
  bool has_material = false;          // material_id, whatever it was read from
  int32_t material_id = 0;
  const ColumnNames* names = nullptr;       // nullptr: no unmapped columns
  std::span<const envelope::Value> extras;  // in the set's order; those beyond are absent
  uint8_t children_mask = 0;
  uint32_t homogeneity_bits = 0;
};

void put_canonical(const CanonicalRow& row, Sha256& to) noexcept;

}  // namespace octoload::digest
