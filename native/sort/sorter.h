// An external sort in bounded memory: records are added in batches, sorted in
// memory, spilled to run files (run_layout.h) and merged as they are read.
// Records of equal keys keep their order of arrival, so the result is the same
// whatever the memory and however often the sort was interrupted.
//
// A spilled run is durable, and with it the caller's mark: how far the source
// had been read. After a crash open() finds the complete runs, and the caller
// adds on from the last one's mark.
//
//   open -> add... -> finish -> open_cursor...
//
// One thread at a time uses a sorter; cursors are independent of it and of
// each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "arena.h"
#include "cursor.h"
#include "merge_plan.h"
#include "range.h"
#include "run_file.h"
#include "run_folder.h"
#include "run_writer.h"
#include "status.h"

namespace octoload::sort {

inline constexpr uint64_t kMinMemoryBytes = 1u << 20;
// A merge reads so many runs at once, whatever the memory: each is an open file.
inline constexpr size_t kMaxMergedRuns = 256;

struct Options {
  std::string folder;    // made if missing; the sort's own
  std::string identity;  // of what is sorted, such as the source's fingerprint and the order
  size_t key_bytes = 8;  // 8, 16 or 24
  // For the records in memory, their index and the buffers of reading and
  // writing. Not in it: 40 bytes for each block of the runs, about 1/6000 of
  // the data. It should be 4 times the largest payload or more.
  uint64_t memory_bytes = 256u << 20;
  uint32_t block_bytes = 256u << 10;

  // Of the writes that go past the system's cache; 0: with so little memory or such small blocks
  // they go through it.
  uint64_t direct_bytes() const noexcept {
    const bool is_direct = block_bytes >= kMinDirectBlockBytes && memory_bytes / 16 >= block_bytes;
    return is_direct ? 2 * aligned_up(block_bytes) : 0;
  }
  // What a run takes while it is written.
  uint64_t writing_bytes() const noexcept {
    return RunWriter::staging_bytes(block_bytes) + direct_bytes();
  }
};

// Records to add.
struct Batch {
  std::span<const uint8_t> keys;      // n x key width
  std::span<const uint64_t> offsets;  // n + 1, ascending: payload i is
                                      // bytes[offsets[i] .. offsets[i + 1]), up to 17 MiB
  std::span<const uint8_t> bytes;
};

struct FinishOptions {
  bool is_durable = true;  // false: what fits into memory is never written
  size_t cursors = 1;      // how many will read at once and share the memory
};

class Sorter {
 public:
  // Takes up the runs of an earlier sort in the folder. Refuses another
  // sort's: kWrongIdentity, kWrongKeyWidth, kWrongVersion; nothing is removed
  // then.
  static Status open(const Options& options, std::unique_ptr<Sorter>* sorter);

  // Adds the whole batch or, on failure, nothing of it; the call can be
  // repeated. A spill happens between batches only, so that a mark always
  // stands for whole batches: `mark` says how far the source has been read
  // with this one, in at most kMaxMarkBytes. A batch has to fit into the
  // memory as a whole (kBatchTooLarge).
  Status add(const Batch& batch, std::span<const uint8_t> mark);

  // Makes everything added so far durable. Without it the same happens when
  // the memory is full.
  Status spill();

  // No more input. Spills the rest where anything was spilled before or
  // `is_durable`, and merges runs until the memory allows reading them all at
  // once. Can be repeated after a failure or a crash, but what was finished in
  // memory cannot be made durable afterwards.
  Status finish(const FinishOptions& options);

  Status open_cursor(const Range& range, std::unique_ptr<Cursor>* cursor) const;

  // All input is in durable runs: the next call is finish(), not add().
  bool has_all_input() const noexcept { return !runs_.empty() && runs_.back()->is_final(); }
  // The durable runs in order, each with its mark. The last mark counts.
  std::span<const std::shared_ptr<const RunFile>> runs() const noexcept { return runs_; }
  uint64_t record_count() const noexcept;

  // Reads every block of the runs and checks it, as reading does block by block:
  // for who wants to know of damage before he begins.
  Status verify_runs() const;

  // Removes every run in the folder, whatever it holds, so that a sort can
  // start over. Not while a sorter has the folder; open cursors read on.
  static Status discard(const std::string& folder);

 private:
  explicit Sorter(const Options& options) : options_(options) {}

  Status find_runs();
  Status take_run(RunName name);
  Status check_batch(const Batch& batch, std::span<const uint8_t> mark, uint64_t* bytes) const;
  Status make_arena();
  Status write_run(uint32_t flags);
  Status merge_until_readable(size_t cursors);
  Status merge_surplus();
  MergeStep next_merge(uint64_t memory_bytes, size_t max_runs) const;
  Status merge_runs(size_t begin, size_t count);
  std::span<const uint8_t> identity() const noexcept;
  uint32_t spills() const noexcept { return runs_.empty() ? 0 : runs_.back()->name().last; }

  Options options_;
  RunFolder folder_;
  std::vector<std::shared_ptr<const RunFile>> runs_;
  std::shared_ptr<Arena> arena_;  // null before the first record, and when finished on disk
  std::vector<uint8_t> mark_;     // of the last batch added
  bool has_new_mark_ = false;     // one that no run holds yet
  size_t cursors_ = 1;            // that share the memory
  bool is_finished_ = false;
};

}  // namespace octoload::sort
