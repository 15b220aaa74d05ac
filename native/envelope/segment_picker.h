// Chooses the segments of a dictionary from samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "k_mers.h"

namespace octoload::envelope {

struct Segment {
  Sample bytes;
  uint64_t score = 0;  // the weight of the k-mers it brought in
};

// Picks segments of at most `segment_bytes` until they fill `max_bytes` or
// nothing that repeats is left. `segment_bytes` >= k.
std::vector<Segment> pick_segments(std::span<const Sample> samples, const KMers& mers, size_t k,
                                   size_t segment_bytes, size_t max_bytes);

}  // namespace octoload::envelope
