// Takes source batches apart and feeds the sorts: one of keys, from which the
// derived columns come, and one of whole encoded rows for each order that a
// sink wants. Resumable: every sort remembers how far the source had been read
// when it last spilled.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../batch/source_batch.h"
#include "../envelope/envelope.h"
#include "../sort/sorter.h"
#include "order_key.h"
#include "prepared_rows.h"
#include "row_selection.h"
#include "scratch.h"

namespace octoload::load {

// How far the source has been read, and what came of it up to there.
struct IngestMark {
  uint32_t file = 0;
  uint32_t has_rowid = 0;  // 0: nothing of `file` has been read
  int64_t rowid = 0;       // the last one
  uint64_t rows = 0;
  uint64_t selected = 0;            // of them, those that are to be sent
  uint64_t rejected = 0;            // of the selected
  uint64_t unreadable_created = 0;  // of all
  uint64_t envelope_bytes = 0;      // of the encoded
  uint64_t passed = 0;              // those that pass the filters, sent or not

  // Whether a row was read when the mark was made.
  bool covers(uint32_t row_file, int64_t row) const noexcept {
    return row_file != file ? row_file < file : has_rowid != 0 && row <= rowid;
  }
};

struct IngestOptions {
  PrepareOptions rows;
  std::string folder;    // the sorts' folders are made in it
  std::string identity;  // of the source and of what is done with it
  uint64_t memory_bytes = 0;
  std::array<bool, kOrders> orders{};             // Order -> wanted
  uint64_t limit = UINT64_MAX;                    // only so many of the rows that pass the filters
  std::shared_ptr<const RowSelection> selection;  // of the rows within the limit; none: all
};

// What add() took its time for, in ns of the thread's CPU.
struct IngestTimes {
  uint64_t prepare_ns = 0;
  uint64_t encode_ns = 0;
  uint64_t sort_ns = 0;
};

class Ingest {
 public:
  static sort::Status open(const IngestOptions& options, std::unique_ptr<Ingest>* ingest);

  // Where to read on from, and the counts up to there.
  const IngestMark& mark() const noexcept { return mark_; }
  // Every row is in durable runs: no add(), only finish().
  bool has_all_input() const noexcept;

  // Batches in ascending order of (file, rowid). `status`: one a row, kRowOk
  // also for those that were not selected. After a failure nothing is known of
  // the batch and the ingest is opened anew.
  sort::Status add(const batch::SourceBatch& batch, const FileFacts& file,
                   std::span<uint8_t> status);
  // Makes everything added so far durable: a later process goes on from there.
  sort::Status spill();
  sort::Status finish();

  const IngestTimes& times() const noexcept { return times_; }
  // Valid after finish().
  const sort::Sorter& keys() const noexcept { return *keys_.sorter; }
  const sort::Sorter* rows(Order order) const noexcept {
    return rows_[static_cast<size_t>(order)].sorter.get();
  }

 private:
  struct Sort {
    std::unique_ptr<sort::Sorter> sorter;
    std::optional<IngestMark> done;  // what earlier processes put into it; nothing: all
  };
  // The records of one batch for one sort, written one behind the other.
  class Records {
   public:
    // Room for so many records with payloads of so many bytes together.
    bool begin(size_t records, size_t payload_bytes) {
      offsets_.clear();
      offsets_.reserve(records + 1);
      offsets_.push_back(0);
      end_ = bytes_.reserve(payload_bytes);
      return keys_.reserve(records * kOrderKeyBytes) != nullptr && end_ != nullptr;
    }
    uint8_t* key() noexcept { return keys_.data() + (offsets_.size() - 1) * kOrderKeyBytes; }
    uint8_t* payload() noexcept { return end_; }
    // The record whose key and payload were written; the payload ends at `end`.
    void add(uint8_t* end) {
      end_ = end;
      offsets_.push_back(static_cast<uint64_t>(end - bytes_.data()));
    }
    sort::Batch view() const {
      const size_t records = offsets_.size() - 1;
      return {{keys_.data(), records * kOrderKeyBytes},
              offsets_,
              {bytes_.data(), static_cast<size_t>(offsets_.back())}};
    }

   private:
    Scratch keys_, bytes_;
    std::vector<uint64_t> offsets_;
    uint8_t* end_ = nullptr;
  };

  explicit Ingest(const IngestOptions& options) : options_(options) {}
  sort::Status open_sort(const std::string& name, uint64_t memory_bytes, Sort* sort);
  sort::Status encode();
  void apply_limit();
  void apply_selection(const batch::SourceBatch& batch, const FileFacts& file);
  void advance(const batch::SourceBatch& batch, const FileFacts& file);
  sort::Status add_keys(const batch::SourceBatch& batch, const FileFacts& file);
  sort::Status add_rows(Order order, const batch::SourceBatch& batch, const FileFacts& file);
  sort::Status put(Sort* sort);

  IngestOptions options_;
  IngestMark mark_;
  Sort keys_;
  std::array<Sort, kOrders> rows_;
  PreparedRows prepared_;
  Scratch envelopes_;
  std::vector<uint32_t> offsets_;
  std::vector<uint8_t> encode_status_;
  Records records_;
  IngestTimes times_;
};

}  // namespace octoload::load
