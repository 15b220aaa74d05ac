// The rows in the source's own order, each with what was derived for its cell,
// as sink batches: the source is read a second time, side by side with the
// derived columns sorted by file and rowid. Takes no whole rows through a sort.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "derived_reader.h"
#include "encoded_rows.h"
#include "order_key.h"

namespace octoload::load {

class SourceDelivery {
 public:
  // `derived` of Order::kSource, finished. `options` are those that the rows were
  // ingested with. `after`: position() of an earlier delivery, or none.
  static sort::Status open(const sort::Sorter& derived, const EncodeOptions& options,
                           const sort::Position* after, std::unique_ptr<SourceDelivery>* delivery);

  // Takes the next batch, in ascending order of (file, rowid), as ingested.
  sort::Status add(const batch::SourceBatch& batch, const FileFacts& file);

  // Of the batch added: rows that are to be sent, and the size of their block
  // (batch/sink_batch.h). Left out are rejected rows and collisions' losers.
  size_t rows() const noexcept { return joined_.size(); }
  size_t block_bytes() const noexcept { return block_bytes_; }
  // kOutputTooSmall: `block` has fewer than block_bytes().
  sort::Status write(std::span<uint8_t> block) const;

  // Behind the batches added so far: the key of the last row and, in place of
  // equal keys, the rows that passed the filters up to there.
  const sort::Position& position() const noexcept { return position_; }

 private:
  struct Joined {
    uint32_t row;  // of the batch
    float homogeneity;
    uint8_t children_mask;
  };

  explicit SourceDelivery(const EncodeOptions& options) : options_(options) {}
  sort::Status join();

  EncodeOptions options_;
  DerivedReader derived_;
  EncodedRows encoded_;
  sort::Position position_;
  uint32_t file_ = 0;
  std::vector<int64_t> rowids_;
  std::vector<Joined> joined_;
  size_t block_bytes_ = 0;
};

}  // namespace octoload::load
