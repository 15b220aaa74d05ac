// Writes the frames that a table describes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "frame_layout.h"
#include "frames.h"

namespace octoload::cql {

class FrameWriter {
 public:
  // Both outlive the writer; `options` are in their ranges.
  FrameWriter(const batch::SinkBatch& batch, const FrameOptions& options) noexcept;

  // One frame of the rows [first_row, first_row + rows), which fills `frame`
  // exactly. false: it does not, since the batch is not the one that was cut;
  // nothing is written beyond the frame even then.
  bool write(size_t first_row, uint32_t rows, std::span<uint8_t> frame) const noexcept;

 private:
  // A place in the frame being written, and the frame's end.
  struct Place {
    uint8_t* to;
    const uint8_t* const end;
    size_t room() const noexcept { return static_cast<size_t>(end - to); }
  };

  template <Layout kLayout>
  bool write_values(size_t row, Place* place) const noexcept;
  template <Layout kLayout>
  bool write_statements(size_t first_row, uint32_t rows, Place* place) const noexcept;

  const batch::SinkBatch& batch_;
  const FrameOptions& options_;
  const uint32_t null_length_;
  // What stands before the values of each statement of a BATCH, of an EXECUTE's.
  uint8_t statement_[kStatementHeadBytes + kMaxIdBytes];
  uint8_t execute_[kExecuteHeadBytes + kMaxIdBytes];
  size_t statement_bytes_;
  size_t execute_bytes_;
};

}  // namespace octoload::cql
