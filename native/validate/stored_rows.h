// Rows of an embedded target, as the SQLite extension packs them (batch/source_batch.h),
// made into a block of batch/target_batch.h. The SELECT has these columns:
//
//   layout node   morton_code, level, 0
//   layout tile   tile, level, cell
//   both          material_id, homogeneity, children_mask, compressed_data, last_modified, 0, 0
//
// SQLite holds values of any class and size in any column: a key that is not an
// INTEGER of its column's range is a fault, any other value that is not what a
// load writes gets a flag.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "../batch/target_batch.h"

namespace octoload::validate {

enum class StoredCode : uint8_t {
  kOk = 0,
  kBadBlock = 1,        // no such block, or a slot that points outside it
  kBadKey = 2,          // detail: the row
  kOutputTooSmall = 3,  // detail: bytes that suffice
};

struct StoredRows {
  StoredCode code = StoredCode::kOk;
  uint64_t detail = 0;
  size_t rows = 0;
  size_t bytes = 0;  // of the block
};

StoredRows unpack_stored(std::span<const uint8_t> packed, bool is_tile,
                         std::span<uint8_t> output) noexcept;

}  // namespace octoload::validate
