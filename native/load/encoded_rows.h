// The rows of a source batch as a load sends them: prepared, narrowed down to
// those that are to be sent, and encoded.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "../batch/source_batch.h"
#include "../sort/status.h"
#include "prepared_rows.h"
#include "row_selection.h"
#include "scratch.h"
#include "stopwatch.h"

namespace octoload::load {

struct EncodeOptions {
  PrepareOptions rows;
  uint64_t limit = UINT64_MAX;                    // only so many of the rows that pass the filters
  std::shared_ptr<const RowSelection> selection;  // of the rows within the limit; none: all
};

// In ns of the thread's CPU.
struct EncodeTimes {
  uint64_t prepare_ns = 0;
  uint64_t encode_ns = 0;
};

class EncodedRows {
 public:
  // `passed`: rows that passed the filters in all batches before; this one's are
  // added. `batch` has to outlive the use of this object.
  sort::Status encode(const batch::SourceBatch& batch, const FileFacts& file,
                      const EncodeOptions& options, uint64_t* passed);

  // With the encoder's refusals among the statuses.
  const PreparedRows& rows() const noexcept { return prepared_; }
  bool is_to_be_sent(size_t row) const noexcept {
    return prepared_.status[row] == kRowOk && prepared_.is_selected[row] != 0;
  }
  // Of a row whose status is good.
  std::span<const uint8_t> envelope(size_t row) const noexcept {
    return {envelopes_.data() + offsets_[row], offsets_[row + 1] - offsets_[row]};
  }
  size_t envelope_bytes() const noexcept { return offsets_.back(); }
  const EncodeTimes& times() const noexcept { return times_; }

 private:
  void apply_limit(uint64_t limit, uint64_t passed);
  void apply_selection(const batch::SourceBatch& batch, const FileFacts& file,
                       const RowSelection& selection);
  sort::Status encode(const Frame& frame);

  PreparedRows prepared_;
  Scratch envelopes_;
  std::vector<uint32_t> offsets_;
  std::vector<uint8_t> encode_status_;
  EncodeTimes times_;
};

}  // namespace octoload::load
