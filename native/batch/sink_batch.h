// A batch of finished rows in a sink's order as one block of memory: what the
// loader hands to every sink. It lives in one process for moments and is never
// stored, so it has no versions; little-endian, every section padded to 8
// bytes:
//
//   head           kSinkHeadWords x u64: magic, rows, bytes of the envelopes
//   tiles          u64 x rows    code >> 15
//   rowids         i64 x rows    where the row came from: rowid in its file
//   last_modified  i64 x rows    ms since 1970, 0 when Created is NULL
//   offsets        u32 x (rows + 1)   envelope i is bytes[offsets[i] .. offsets[i + 1])
//   materials      i32 x rows    0 when NULL
//   homogeneities  f32 x rows
//   files          u32 x rows    number of the source's file, from 0
//   cells          u16 x rows    code & 0x7fff
//   levels         u8 x rows
//   masks          u8 x rows     children_mask, 0..255
//   no_materials   u8 x rows     1: material_id is NULL
//   bytes          the envelopes (compressed_data)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "source_batch.h"

namespace octoload::batch {

inline constexpr uint64_t kSinkMagic = 0x314b53'6f746f63;
inline constexpr size_t kSinkHeadWords = 3;
inline constexpr size_t kMaxSinkRows = size_t{1} << 28;

// Where the sections of a batch of so many rows lie, in bytes from its start.
struct SinkLayout {
  size_t tiles, rowids, last_modified, offsets, materials, homogeneities, files, cells, levels,
      masks, no_materials, bytes;

  explicit constexpr SinkLayout(size_t rows) noexcept
      : tiles(kSinkHeadWords * 8),
        rowids(tiles + 8 * rows),
        last_modified(rowids + 8 * rows),
        offsets(last_modified + 8 * rows),
        materials(offsets + padded(4 * (rows + 1))),
        homogeneities(materials + padded(4 * rows)),
        files(homogeneities + padded(4 * rows)),
        cells(files + padded(4 * rows)),
        levels(cells + padded(2 * rows)),
        masks(levels + padded(rows)),
        no_materials(masks + padded(rows)),
        bytes(no_materials + padded(rows)) {}
};

// Reads a block in place; `parse` checks every length and every offset.
struct SinkBatch {
  size_t rows = 0;
  const uint64_t* tiles = nullptr;
  const int64_t* rowids = nullptr;
  const int64_t* last_modified = nullptr;
  const uint32_t* offsets = nullptr;
  const int32_t* materials = nullptr;
  const float* homogeneities = nullptr;
  const uint32_t* files = nullptr;
  const uint16_t* cells = nullptr;
  const uint8_t* levels = nullptr;
  const uint8_t* masks = nullptr;
  const uint8_t* no_materials = nullptr;
  std::span<const uint8_t> bytes;

  static bool parse(std::span<const uint8_t> block, SinkBatch* batch) noexcept {
    if (block.size() < kSinkHeadWords * 8) return false;
    const auto* head = reinterpret_cast<const uint64_t*>(block.data());
    if (head[0] != kSinkMagic || head[1] > kMaxSinkRows) return false;
    const auto rows = static_cast<size_t>(head[1]);
    const SinkLayout at(rows);
    if (at.bytes > block.size() || head[2] > block.size() - at.bytes) return false;
    const uint8_t* const from = block.data();
    batch->rows = rows;
    batch->tiles = reinterpret_cast<const uint64_t*>(from + at.tiles);
    batch->rowids = reinterpret_cast<const int64_t*>(from + at.rowids);
    batch->last_modified = reinterpret_cast<const int64_t*>(from + at.last_modified);
    batch->offsets = reinterpret_cast<const uint32_t*>(from + at.offsets);
    batch->materials = reinterpret_cast<const int32_t*>(from + at.materials);
    batch->homogeneities = reinterpret_cast<const float*>(from + at.homogeneities);
    batch->files = reinterpret_cast<const uint32_t*>(from + at.files);
    batch->cells = reinterpret_cast<const uint16_t*>(from + at.cells);
    batch->levels = from + at.levels;
    batch->masks = from + at.masks;
    batch->no_materials = from + at.no_materials;
    batch->bytes = block.subspan(at.bytes, static_cast<size_t>(head[2]));
    if (batch->offsets[0] != 0 || batch->offsets[rows] > batch->bytes.size()) return false;
    for (size_t i = 0; i < rows; ++i) {
      if (batch->offsets[i] > batch->offsets[i + 1]) return false;
    }
    return true;
  }
};

}  // namespace octoload::batch
