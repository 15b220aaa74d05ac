// CQL native protocol v4 request frames, cut and encoded from a sink batch.
//
// Source: "CQL BINARY PROTOCOL v4", doc/native_protocol_v4.spec of Apache
// Cassandra. The layout of a frame is described in frame_layout.h, how the size
// of a batch's mutations is counted in mutation_size.h.
//
// Cuts. Rows are taken in the batch's order; a frame ends where
//   - layout node: the replica set changes (the rows' own tokens, looked up in
//     the ring); layout tile: the partition (level, tile) ends;
//   - it holds max_rows rows;
//   - the next row would bring its mutations above max_bytes. A row that is
//     larger by itself travels alone.
// A frame of one row is an EXECUTE, one of more an unlogged BATCH.
//
// Bind markers, in this order (the INSERT that was prepared must have them so):
//   node  morton_code bigint, level tinyint,
//   tile  level tinyint, tile bigint, cell smallint,
//   both  material_id int, homogeneity float, children_mask tinyint,
//         compressed_data blob (the envelope), last_modified bigint
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "../batch/sink_batch.h"
#include "ring.h"

namespace octoload::cql {

enum class Layout : uint8_t { kNode = 0, kTile = 1 };

// What a NULL material_id becomes: a tombstone, or nothing at all (the column
// is left as it is in the table).
enum class NullAs : uint8_t { kNull = 0, kUnset = 1 };

// A prepared statement's id is an MD5 in every Cassandra there is: 16 bytes.
inline constexpr size_t kMaxIdBytes = 32;
// The statements of a BATCH are counted in an unsigned short.
inline constexpr uint32_t kMaxFrameRows = 65535;
// Section 2.5: a frame's body, at most.
inline constexpr uint64_t kMaxBodyBytes = uint64_t{256} << 20;

struct FrameOptions {
  Layout layout = Layout::kNode;
  NullAs null_material = NullAs::kNull;
  uint16_t consistency = 6;              // section 3, [consistency]; 6: LOCAL_QUORUM
  uint32_t max_rows = 1;                 // of a frame, 1 .. kMaxFrameRows
  uint64_t max_bytes = 0;                // of a frame's mutations (mutation_size.h)
  int64_t timestamp_us = 0;              // default timestamp of every request; not negative
  std::span<const uint8_t> prepared_id;  // 1 .. kMaxIdBytes bytes
  Ring ring;
};

// One element a frame in each column, `capacity` of them; rows are counted from
// the batch's first, wherever the call began.
struct FrameTable {
  size_t capacity = 0;
  uint32_t* offsets = nullptr;  // of the frame's first byte in the output
  uint32_t* lengths = nullptr;  // bytes, header included
  uint32_t* first_rows = nullptr;
  uint32_t* rows = nullptr;
  uint32_t* replica_sets = nullptr;    // as the ring numbers them
  uint32_t* mutation_bytes = nullptr;  // at most what the server counts
};
inline constexpr size_t kFrameColumns = 6;

enum class Code : uint8_t {
  kOk = 0,
  kBadArgument = 1,     // options out of their ranges, a ring without tokens, no such rows, a
                        // table with less room than rows, a block that changed meanwhile
  kOutputTooSmall = 2,  // detail: bytes that suffice
  kLevelTooDeep = 3,    // detail: the row; above 21 in layout node, above 26 in layout tile
  kBadKey = 4,          // detail: the row; tile and cell are no code of its level
  kTooLarge = 5,        // detail: the row; its frame would be above kMaxBodyBytes, or the
                        // frames together above what 32 bits count
};

struct Status {
  Code code = Code::kOk;
  uint64_t detail = 0;
  bool ok() const noexcept { return code == Code::kOk; }
};

// Encodes the rows [begin, end) into `output`, frame after frame without gaps,
// and fills the table's first `*frames` elements. The stream id (section 2.3) is
// 0 in all of them: bytes 2 and 3, for the sender to set. Unless the status is
// ok, nothing of output and table means anything. Allocates nothing.
Status encode_frames(const batch::SinkBatch& batch, size_t begin, size_t end,
                     const FrameOptions& options, std::span<uint8_t> output,
                     const FrameTable& table, size_t* frames) noexcept;

}  // namespace octoload::cql
