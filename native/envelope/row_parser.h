// Takes one envelope apart. Nothing is believed: every number is bounded here,
// and only pointers into the envelope leave. The checksum is the caller's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "../common/row_status.h"
#include "envelope.h"
#include "layout.h"
#include "reader.h"

namespace octoload::envelope {

struct ParsedRow {
  uint8_t flags = 0;
  uint32_t dictionary = 0;  // its number, 0 without one
  uint32_t classes = kUsualClasses;
  std::array<uint64_t, 3> residuals = {};
  Value id, density;
  Value created;                // kinds 6..11: the count in bits
  Value metadata;               // TEXT, BLOB: data and length as stored, a block with kFlagLz4
  uint32_t metadata_bytes = 0;  // TEXT, BLOB: length once decompressed
  // Set where the class is TEXT or BLOB, else left over from an earlier row.
  std::array<Value, kOriginals> originals;
  uint32_t column_set = 0;  // 0: the row has no unmapped columns
  uint32_t extra_columns = 0;
  const uint8_t* extra_kinds = nullptr;  // two a byte
  const uint8_t* extra_values = nullptr;
  const uint8_t* content = nullptr;   // from `kinds` on
  const uint8_t* body_end = nullptr;  // of all but the checksum
};

// `readable` is where the whole batch's bytes end, at or after `end`.
RowStatus parse_row(const uint8_t* begin, const uint8_t* end, const uint8_t* readable,
                    ParsedRow* row) noexcept;

// One value as docs/envelope.md's table of kinds writes it; kind is 0..5.
Value parse_value(Reader& reader, unsigned kind) noexcept;

inline unsigned extra_kind(const ParsedRow& row, uint32_t column) noexcept {
  return (row.extra_kinds[column / 2] >> (4 * (column % 2))) & 15;
}

}  // namespace octoload::envelope
