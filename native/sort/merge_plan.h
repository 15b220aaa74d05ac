// Which runs to merge first when the memory does not allow reading all at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace octoload::sort {

struct RunSize {
  uint64_t file_bytes;
  uint64_t buffer_bytes;  // its largest block
};

struct MergeStep {
  size_t begin = 0;
  size_t count = 0;  // 0: all can be read at once
};

// `memory_bytes` for reading all runs in the end, `merging_bytes` for reading
// those of one step. Only neighbours are merged, which keeps equal keys in
// order; of the possible ones the least to write. One run is always readable,
// and two are always merged, whatever the memory.
MergeStep plan_merge(std::span<const RunSize> runs, uint64_t memory_bytes, uint64_t merging_bytes,
                     size_t max_runs) noexcept;

}  // namespace octoload::sort
