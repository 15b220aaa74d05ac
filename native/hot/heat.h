// How hot a row is: the formula behind priorities, stated in docs/hot-regions.md.
//
// Each of the n predicates that hold gives round(254 / n x (1 + closeness) / 2)
// points, closeness being 0 at the predicate's edge and 1 at its heart. The
// priority is 1 + the points' sum, at most 255, and 0 where none holds.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "../common/frame.h"

namespace octoload::hot {

// With more of them a predicate's points could round to 0.
inline constexpr size_t kMaxPredicates = 64;

inline uint8_t points_of(double closeness, size_t predicates) noexcept {
  const double share = 254.0 / static_cast<double>(predicates);
  return static_cast<uint8_t>(std::lround(share * (1 + std::clamp(closeness, 0.0, 1.0)) / 2));
}

// Of a level that is at or below `min_level`.
inline double level_closeness(unsigned level, unsigned min_level) noexcept {
  if (min_level >= kMaxLevel) return 1;
  return static_cast<double>(level - min_level) / static_cast<double>(kMaxLevel - min_level);
}

inline constexpr uint8_t priority_of(unsigned place_points, unsigned level_points) noexcept {
  const unsigned sum = place_points + level_points;
  if (sum == 0) return 0;
  return static_cast<uint8_t>(sum < 254 ? sum + 1 : 255);
}

}  // namespace octoload::hot
