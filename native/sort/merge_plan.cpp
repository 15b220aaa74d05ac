#include "merge_plan.h"

#include <algorithm>

namespace octoload::sort {
namespace {

uint64_t buffers_of(std::span<const RunSize> runs) noexcept {
  uint64_t sum = 0;
  for (const RunSize& run : runs) sum += run.buffer_bytes;
  return sum;
}

uint64_t file_bytes_of(std::span<const RunSize> runs) noexcept {
  uint64_t sum = 0;
  for (const RunSize& run : runs) sum += run.file_bytes;
  return sum;
}

bool can_be_read(std::span<const RunSize> runs, uint64_t memory_bytes, size_t max_runs) noexcept {
  return runs.size() <= 1 || (runs.size() <= max_runs && buffers_of(runs) <= memory_bytes);
}

// How many of the runs would be too many, at the average buffer.
size_t excess(std::span<const RunSize> runs, uint64_t memory_bytes, size_t max_runs) noexcept {
  const uint64_t average = std::max<uint64_t>(1, buffers_of(runs) / runs.size());
  const uint64_t readable = std::clamp<uint64_t>(memory_bytes / average, 1, max_runs);
  return runs.size() > readable ? runs.size() - static_cast<size_t>(readable) : 1;
}

// The longest stretch from `begin` that one step can read, at most `wanted`.
size_t stretch(std::span<const RunSize> runs, size_t begin, size_t wanted, uint64_t merging_bytes,
               size_t max_runs) noexcept {
  size_t count = std::min<size_t>(2, runs.size() - begin);
  while (count < wanted && begin + count < runs.size() &&
         can_be_read(runs.subspan(begin, count + 1), merging_bytes, max_runs)) {
    ++count;
  }
  return count;
}

}  // namespace

MergeStep plan_merge(std::span<const RunSize> runs, uint64_t memory_bytes, uint64_t merging_bytes,
                     size_t max_runs) noexcept {
  if (can_be_read(runs, memory_bytes, max_runs)) return {};
  const size_t wanted = excess(runs, memory_bytes, max_runs) + 1;
  MergeStep best;
  uint64_t best_bytes = 0;
  for (size_t begin = 0; begin + 1 < runs.size(); ++begin) {
    const size_t count = stretch(runs, begin, wanted, merging_bytes, max_runs);
    const uint64_t bytes = file_bytes_of(runs.subspan(begin, count));
    if (count > best.count || (count == best.count && bytes < best_bytes)) {
      best = {begin, count};
      best_bytes = bytes;
    }
  }
  return best;
}

}  // namespace octoload::sort
