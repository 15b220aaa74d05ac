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
#include "../sort/sorter.h"
#include "encoded_rows.h"
#include "order_key.h"
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

struct IngestOptions : EncodeOptions {
  std::string folder;    // the sorts' folders are made in it
  std::string identity;  // of the source and of what is done with it
  uint64_t memory_bytes = 0;
  std::array<bool, kOrders> orders{};  // Order -> wanted
  size_t cursors = 1;                  // that will read an order at once and share its memory
};

// What add() took its time for, in ns of the thread's CPU.
struct IngestTimes : EncodeTimes {
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

  IngestTimes times() const noexcept { return {encoded_.times(), sort_ns_}; }
  const EncodeOptions& options() const noexcept { return options_; }
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
    bool begin(size_t records, size_t key_bytes, size_t payload_bytes) {
      key_bytes_ = key_bytes;
      offsets_.clear();
      offsets_.reserve(records + 1);
      offsets_.push_back(0);
      end_ = bytes_.reserve(payload_bytes);
      return keys_.reserve(records * key_bytes) != nullptr && end_ != nullptr;
    }
    uint8_t* keys() noexcept { return keys_.data(); }
    // Of the next record.
    uint8_t* key() noexcept { return keys_.data() + (offsets_.size() - 1) * key_bytes_; }
    uint8_t* payload() noexcept { return end_; }
    // A record whose payload was written and ends at `end`.
    void add(uint8_t* end) {
      end_ = end;
      offsets_.push_back(static_cast<uint64_t>(end - bytes_.data()));
    }
    sort::Batch view() const {
      const size_t records = offsets_.size() - 1;
      return {{keys_.data(), records * key_bytes_},
              offsets_,
              {bytes_.data(), static_cast<size_t>(offsets_.back())}};
    }

   private:
    size_t key_bytes_ = 0;
    Scratch keys_, bytes_;
    std::vector<uint64_t> offsets_;
    uint8_t* end_ = nullptr;
  };

  explicit Ingest(const IngestOptions& options) : options_(options) {}
  sort::Status open_sort(const std::string& name, size_t key_bytes, uint64_t memory_bytes,
                         Sort* sort);
  void advance(const batch::SourceBatch& batch, const FileFacts& file);
  sort::Status add_keys(const batch::SourceBatch& batch, const FileFacts& file);
  sort::Status add_rows(Order order, const batch::SourceBatch& batch, const FileFacts& file);
  sort::Status put(Sort* sort);

  IngestOptions options_;
  IngestMark mark_;
  Sort keys_;
  std::array<Sort, kOrders> rows_;
  EncodedRows encoded_;
  Records records_;
  std::vector<envelope::RowKey> keys_in_order_;  // of the records for one order
  uint64_t sort_ns_ = 0;
};

}  // namespace octoload::load
