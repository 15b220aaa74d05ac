// Who owns a token: the ring of a cluster as one number a range.
//
// Cassandra's ranges end at a node's token and include it: a token belongs to
// the first ring token at or above it, one above the last to the first (tag
// cassandra-5.0.6, locator/TokenMetadata.java, firstToken).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace octoload::cql {

struct Ring {
  std::span<const int64_t> tokens;  // ends of the ranges, ascending; one at least
  std::span<const uint32_t> sets;   // replica set of each range, numbered as the caller likes
};

// Looks tokens up that mostly ascend: it stays in a range until one lies outside.
class RingCursor {
 public:
  explicit RingCursor(const Ring& ring) noexcept : ring_(ring) {}

  uint32_t set_of(int64_t token) noexcept {
    if (token < lowest_ || token > highest_) move_to(token);
    return set_;
  }

 private:
  void move_to(int64_t token) noexcept {
    const std::span<const int64_t> ends = ring_.tokens;
    const auto at =
        static_cast<size_t>(std::lower_bound(ends.begin(), ends.end(), token) - ends.begin());
    constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
    constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
    lowest_ = at == 0 ? kMin : ends[at - 1] + 1;
    highest_ = at == ends.size() ? kMax : ends[at];
    set_ = ring_.sets[at == ends.size() ? 0 : at];
  }

  const Ring ring_;
  // Empty at first: no token lies in it.
  int64_t lowest_ = 1;
  int64_t highest_ = 0;
  uint32_t set_ = 0;
};

}  // namespace octoload::cql
