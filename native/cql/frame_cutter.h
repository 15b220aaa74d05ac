// Decides which rows share a frame: fills a table of frames, and knows what the
// frames take together before a byte is written.
#pragma once

#include <cstddef>
#include <cstdint>

#include "frames.h"
#include "ring.h"

namespace octoload::cql {

class FrameCutter {
 public:
  // `options` are in their ranges, the table has room for as many frames as
  // there are rows to cut; all of them outlive the cutter.
  FrameCutter(const batch::SinkBatch& batch, const FrameOptions& options,
              const FrameTable& table) noexcept;

  // The rows [begin, end); once.
  Status cut(size_t begin, size_t end) noexcept;

  size_t frames() const noexcept { return frames_; }
  uint64_t bytes() const noexcept { return bytes_; }

 private:
  struct OpenFrame {
    uint32_t first_row = 0;
    uint32_t rows = 0;
    uint32_t replica_set = 0;
    uint64_t values = 0;     // bytes of its rows' values
    uint64_t mutations = 0;  // bytes, as mutation_size.h counts them
  };

  Status cut_nodes(size_t begin, size_t end) noexcept;
  Status cut_tiles(size_t begin, size_t end) noexcept;
  Status add(size_t row, uint32_t replica_set, bool is_apart) noexcept;
  Status close() noexcept;

  const batch::SinkBatch& batch_;
  const FrameOptions& options_;
  const FrameTable& table_;
  const bool is_unset_;
  const uint64_t value_bytes_;  // of a row with a material, without its envelope
  const uint64_t row_bytes_;    // what a row counts besides its cells,
  const uint64_t frame_bytes_;  // and a frame besides its rows
  RingCursor ring_;
  OpenFrame open_;
  size_t frames_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace octoload::cql
