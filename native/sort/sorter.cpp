#include "sorter.h"

#include <algorithm>

#include "run_writer.h"

namespace octoload::sort {
namespace {

Status check_options(const Options& options) {
  const bool is_good = !options.folder.empty() && options.identity.size() <= kMaxIdentityBytes &&
                       is_key_width(options.key_bytes) && options.memory_bytes >= kMinMemoryBytes &&
                       options.block_bytes >= kMinBlockBytes &&
                       options.block_bytes <= kMaxBlockBytes &&
                       options.block_bytes <= options.memory_bytes / 4;
  return is_good ? Status{} : failure(Code::kBadArgument);
}

}  // namespace

std::span<const uint8_t> Sorter::identity() const noexcept {
  return {reinterpret_cast<const uint8_t*>(options_.identity.data()), options_.identity.size()};
}

Status Sorter::open(const Options& options, std::unique_ptr<Sorter>* sorter) {
  Status status = check_options(options);
  if (!status.ok()) return status;
  std::unique_ptr<Sorter> opened(new Sorter(options));
  status = opened->folder_.open(options.folder);
  if (status.ok()) status = opened->find_runs();
  if (status.ok()) *sorter = std::move(opened);
  return status;
}

Status Sorter::find_runs() {
  RunFolder::Listing listing;
  std::vector<RunName> superseded;
  Status status = folder_.list(&listing);
  for (size_t i = 0; i < listing.runs.size() && status.ok(); ++i) {
    const RunName name = listing.runs[i];
    if (name.last <= spills()) {
      superseded.push_back(name);  // merged, and the crash came before the removal
    } else if (name.first == spills() + 1) {
      status = take_run(name);
    } else {
      status = failure(Code::kMissingRun, 0, folder_.path_of(name));
    }
  }
  if (status.ok()) status = folder_.remove_unfinished(listing.unfinished);
  for (size_t i = 0; i < superseded.size() && status.ok(); ++i) {
    status = folder_.remove(superseded[i]);
  }
  if (!runs_.empty()) mark_.assign(runs_.back()->mark().begin(), runs_.back()->mark().end());
  return status;
}

Status Sorter::take_run(RunName name) {
  std::shared_ptr<const RunFile> run;
  Status status = RunFile::open(folder_, name, options_.key_bytes, identity(), &run);
  if (status.ok()) runs_.push_back(std::move(run));
  return status;
}

Status Sorter::check_batch(const Batch& batch, std::span<const uint8_t> mark,
                           uint64_t* bytes) const {
  const size_t count = batch.keys.size() / options_.key_bytes;
  if (batch.keys.size() % options_.key_bytes != 0 || batch.offsets.size() != count + 1 ||
      batch.offsets[count] > batch.bytes.size() || mark.size() > kMaxMarkBytes) {
    return failure(Code::kBadArgument);
  }
  *bytes = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t begin = batch.offsets[i];
    const uint64_t end = batch.offsets[i + 1];
    if (begin > end || end - begin > kMaxPayloadBytes) return failure(Code::kBadArgument, i);
    *bytes += Arena::bytes_of(options_.key_bytes, end - begin);
  }
  return {};
}

Status Sorter::make_arena() {
  if (arena_ != nullptr) return {};
  const uint64_t writing = options_.writing_bytes();
  return Arena::make(options_.memory_bytes - writing, options_.key_bytes, &arena_);
}

Status Sorter::add(const Batch& batch, std::span<const uint8_t> mark) {
  if (is_finished_ || has_all_input()) return failure(Code::kBadState);
  uint64_t bytes = 0;
  Status status = check_batch(batch, mark, &bytes);
  if (status.ok()) status = make_arena();
  if (!status.ok()) return status;
  if (bytes > arena_->capacity()) return failure(Code::kBatchTooLarge, bytes);
  if (bytes > arena_->room()) {
    status = spill();
    if (status.ok()) status = make_arena();  // a merge may have taken it
    if (!status.ok()) return status;
  }
  for (size_t i = 0; i + 1 < batch.offsets.size(); ++i) {
    const uint64_t begin = batch.offsets[i];
    arena_->add(batch.keys.data() + i * options_.key_bytes, batch.bytes.data() + begin,
                static_cast<uint32_t>(batch.offsets[i + 1] - begin));
  }
  mark_.assign(mark.begin(), mark.end());
  has_new_mark_ = true;
  return {};
}

Status Sorter::spill() {
  if (is_finished_) return failure(Code::kBadState);
  if (!has_new_mark_) return {};
  Status status = write_run(0);
  return status.ok() ? merge_surplus() : status;
}

// Writes what is in memory, which may be nothing, as the next run.
Status Sorter::write_run(uint32_t flags) {
  const uint32_t number = spills() + 1;
  RunWriter writer(folder_);
  Status status = writer.begin(
      {static_cast<uint32_t>(options_.key_bytes), number, number, options_.block_bytes},
      options_.direct_bytes());
  if (!status.ok()) return status;
  if (arena_ != nullptr) {
    arena_->sort();
    const auto entries = arena_->entries();
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i + kPrefetchDistance < entries.size()) arena_->prefetch(entries[i + kPrefetchDistance]);
      const IndexEntry& entry = entries[i];
      if (!writer.append(arena_->key(entry), arena_->payload(entry), entry.payload_bytes)) {
        return writer.status();
      }
    }
  }
  status = writer.finish(identity(), mark_, flags);
  if (status.ok()) status = take_run({number, number});
  if (!status.ok()) return status;
  if (arena_ != nullptr) arena_->clear();
  has_new_mark_ = false;
  return {};
}

Status Sorter::finish(const FinishOptions& options) {
  if (options.cursors == 0) return failure(Code::kBadArgument);
  const bool is_in_memory = is_finished_ && runs_.empty();
  // Cursors may be reading that memory.
  if (is_in_memory) return options.is_durable ? failure(Code::kBadState) : Status{};
  if (!has_all_input() && (options.is_durable || !runs_.empty())) {
    Status status = write_run(kFlagFinal);
    if (!status.ok()) return status;
  }
  if (runs_.empty()) {
    if (arena_ != nullptr) arena_->sort();
  } else {
    arena_.reset();
    Status status = merge_until_readable(options.cursors);
    if (!status.ok()) return status;
  }
  cursors_ = options.cursors;
  is_finished_ = true;
  return {};
}

Status Sorter::merge_until_readable(size_t cursors) {
  for (;;) {
    const MergeStep step = next_merge(options_.memory_bytes / cursors, kMaxMergedRuns);
    if (step.count == 0) return {};
    Status status = merge_runs(step.begin, step.count);
    if (!status.ok()) return status;
  }
}

// While adding: each run is an open file, of which there are only so many.
Status Sorter::merge_surplus() {
  if (runs_.size() < kMaxMergedRuns) return {};
  arena_.reset();  // its memory is lent to the merge
  const MergeStep step = next_merge(UINT64_MAX, kMaxMergedRuns * 3 / 4);
  return merge_runs(step.begin, step.count);
}

MergeStep Sorter::next_merge(uint64_t memory_bytes, size_t max_runs) const {
  std::vector<RunSize> sizes;
  for (const auto& run : runs_) {
    sizes.push_back({run->facts().file_bytes, run->buffer_bytes()});
  }
  const uint64_t writing = options_.writing_bytes();
  return plan_merge(sizes, memory_bytes, options_.memory_bytes - writing, max_runs);
}

Status Sorter::merge_runs(size_t begin, size_t count) {
  const auto sources = std::span(runs_).subspan(begin, count);
  const RunFile& last = *sources.back();
  const RunName name = {sources.front()->name().first, last.name().last};
  RunWriter writer(folder_);
  Status status = writer.begin(
      {static_cast<uint32_t>(options_.key_bytes), name.first, name.last, options_.block_bytes},
      options_.direct_bytes());
  Merger merger;
  if (status.ok()) status = merger.open(sources, {}, 0);
  if (!status.ok()) return status;
  while (!merger.is_done()) {
    if (!writer.append(merger.key(), merger.payload(), merger.payload_bytes())) {
      return writer.status();
    }
    if (!merger.advance()) return merger.status();
  }
  status = writer.finish(identity(), last.mark(), last.facts().flags);
  std::shared_ptr<const RunFile> merged;
  if (status.ok()) {
    status = RunFile::open(folder_, name, options_.key_bytes, identity(), &merged);
  }
  if (!status.ok()) return status;
  std::vector<RunName> superseded;
  for (const auto& run : sources) superseded.push_back(run->name());
  const auto at = runs_.begin() + static_cast<ptrdiff_t>(begin);
  *at = std::move(merged);
  runs_.erase(at + 1, at + static_cast<ptrdiff_t>(count));
  for (const RunName old : superseded) {
    status = folder_.remove(old);
    if (!status.ok()) return status;
  }
  return {};
}

Status Sorter::open_cursor(const Range& range, std::unique_ptr<Cursor>* cursor) const {
  if (!is_finished_) return failure(Code::kBadState);
  if (range.skip != 0 && !range.lower) return failure(Code::kBadArgument);
  std::unique_ptr<Cursor> opened(new Cursor(options_.key_bytes));
  Status status = opened->open(runs_, options_.memory_bytes / cursors_, arena_, range);
  if (status.ok()) *cursor = std::move(opened);
  return status;
}

Status Sorter::verify_runs() const {
  Status status;
  for (size_t i = 0; i < runs_.size() && status.ok(); ++i) status = runs_[i]->verify();
  return status;
}

uint64_t Sorter::record_count() const noexcept {
  uint64_t count = arena_ != nullptr ? arena_->count() : 0;
  for (const auto& run : runs_) count += run->facts().records;
  return count;
}

Status Sorter::discard(const std::string& folder) {
  RunFolder opened;
  RunFolder::Listing listing;
  Status status = opened.open(folder);
  if (status.ok()) status = opened.list(&listing);
  if (status.ok()) status = opened.remove_unfinished(listing.unfinished);
  // The last one first: what a crash leaves is a shorter sort, not a gap.
  while (status.ok() && !listing.runs.empty()) {
    status = opened.remove(listing.runs.back());
    listing.runs.pop_back();
  }
  return status.ok() ? opened.sync() : status;
}

}  // namespace octoload::sort
