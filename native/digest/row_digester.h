// Digests of the rows of a sink batch: each envelope is opened and verified,
// and its row written in canonical bytes into SHA-256.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "../batch/sink_batch.h"
#include "../common/frame.h"
#include "../common/row_status.h"
#include "../envelope/byte_heap.h"
#include "../envelope/envelope.h"
#include "../envelope/row_opener.h"
#include "canonical_row.h"
#include "column_names.h"
#include "row_digest.h"

namespace octoload::digest {

// What envelopes refer to; immutable and shared by any number of digesters.
struct RowContext {
  Frame frame{};
  std::vector<std::shared_ptr<const envelope::Dictionary>> dictionaries;
  std::vector<ColumnNames> column_sets;
};

// One thread's; it has memory of its own.
class RowDigester {
 public:
  // `context` and `batch` have to outlive it. Without memory no row is taken:
  // each has the status kRowTooLarge.
  RowDigester(const RowContext& context, const batch::SinkBatch& batch) noexcept;

  // Statuses of a decoder, and kRowUnknownColumns.
  RowStatus digest(size_t row, Number256* digest) noexcept;

  // Of two rows, which takes less than one after the other. A row that has none
  // harms not the other one; `digests` and `status` have two elements.
  void digest_both(size_t first, size_t second, Number256* digests, RowStatus* status) noexcept;

 private:
  RowStatus put(size_t row, Sha256& to) noexcept;
  RowStatus fill(size_t row, const envelope::RowKey& key) noexcept;
  RowStatus fill_axes(const envelope::ParsedRow& parsed) noexcept;
  void fill_created(const envelope::Value& created) noexcept;
  RowStatus fill_extras(const envelope::ParsedRow& parsed) noexcept;

  const RowContext& context_;
  const batch::SinkBatch& batch_;
  std::vector<const envelope::Dictionary*> dictionaries_;
  envelope::RowOpener opener_;
  std::unique_ptr<uint8_t[]> heap_memory_;  // of compressed metadata, unless it is long
  envelope::ByteHeap heap_;
  CanonicalRow row_;
  std::vector<envelope::Value> extras_;
  const ColumnNames* names_ = nullptr;  // the set last used
  uint8_t created_[32];
  Sha256 sha_, other_sha_;
  const ShaPair pair_;
};

}  // namespace octoload::digest
