// Takes the rows of a RESULT frame apart.
//
// Source: "CQL BINARY PROTOCOL v4", doc/native_protocol_v4.spec of Apache
// Cassandra: 2.2 (flags of a frame), 3 ([bytes], [string list]), 4.2.5.2 (Rows).
//
// The columns, in this order (the SELECT that was prepared must have them so):
//   node  morton_code bigint, level tinyint,
//   tile  level tinyint, tile bigint, cell smallint,
//   both  material_id int, homogeneity float, children_mask tinyint,
//         compressed_data blob, last_modified bigint
//
// Nothing of the body is believed: every count and length is bounded by the
// bytes that are there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "../batch/target_batch.h"
#include "frames.h"

namespace octoload::cql {

enum class RowsCode : uint8_t {
  kOk = 0,
  kNotRows = 1,         // a frame with other flags than a warning's, or no RESULT of kind Rows
  kTruncated = 2,       // detail: the offset; the body ends before what it claims to hold
  kOtherColumns = 3,    // detail: how many it has
  kBadKey = 4,          // detail: the row; a key column that is NULL or of another size
  kOutputTooSmall = 5,  // detail: bytes that suffice
  kTrailing = 6,        // detail: the offset; bytes behind the last row
};

struct ResultRows {
  RowsCode code = RowsCode::kOk;
  uint64_t detail = 0;
  size_t rows = 0;
  size_t bytes = 0;           // of the block
  size_t envelope_bytes = 0;  // of them
  // Of the body: where the next page begins. None: this was the last one.
  size_t paging_offset = 0, paging_bytes = 0;
};

// `flags`: of the frame's header. Writes the rows as a block of
// batch/target_batch.h; a value that is NULL or of another size than its column's
// gets a flag. Unless the code is kOk nothing in the output counts.
ResultRows unpack_rows(std::span<const uint8_t> body, uint8_t flags, Layout layout,
                       std::span<uint8_t> output) noexcept;

}  // namespace octoload::cql
