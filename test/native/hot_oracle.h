// Dull answers about hot regions, by other means than the index has: haversine
// and a search along each arc, a ray in small integers, plain comparisons.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "../../native/hot/hot_index.h"

namespace octoload::test {

struct Degrees {
  double longitude = 0, latitude = 0;
};
using Line = std::vector<Degrees>;

inline double radians(double degrees) { return degrees * (hot::kPi / 180); }

// Metres.
inline double haversine(const Degrees& a, const Degrees& b) {
  const double north = std::sin(radians(b.latitude - a.latitude) / 2);
  const double east = std::sin(radians(b.longitude - a.longitude) / 2);
  const double h =
      north * north + std::cos(radians(a.latitude)) * std::cos(radians(b.latitude)) * east * east;
  return 2 * hot::kEarthRadiusM * std::asin(std::sqrt(h < 1 ? h : 1));
}

// The place a share of the way along the great circle from a to b.
inline Degrees between(const Degrees& a, const Degrees& b, double share) {
  const double arc = haversine(a, b) / hot::kEarthRadiusM;
  if (arc == 0) return a;
  const double u = std::sin((1 - share) * arc) / std::sin(arc);
  const double v = std::sin(share * arc) / std::sin(arc);
  const auto part = [&](auto of) { return u * of(a) + v * of(b); };
  const double x = part([](const Degrees& p) {
    return std::cos(radians(p.latitude)) * std::cos(radians(p.longitude));
  });
  const double y = part([](const Degrees& p) {
    return std::cos(radians(p.latitude)) * std::sin(radians(p.longitude));
  });
  const double z = part([](const Degrees& p) { return std::sin(radians(p.latitude)); });
  const double ring = std::sqrt(x * x + y * y);
  return {std::atan2(y, x) * 180 / hot::kPi, std::atan2(z, ring) * 180 / hot::kPi};
}

// Steps along the arc, then ever smaller ones around the nearest.
inline double distance_to_arc(const Degrees& p, const Degrees& a, const Degrees& b) {
  constexpr int kSteps = 16;
  double from = 0, to = 1, least = std::fmin(haversine(p, a), haversine(p, b));
  for (int round = 0; round < 11; ++round) {
    const double step = (to - from) / kSteps;
    double best = from;
    double best_distance = std::numeric_limits<double>::infinity();
    for (int i = 0; i <= kSteps; ++i) {
      const double distance = haversine(p, between(a, b, from + i * step));
      if (distance < best_distance) {
        best_distance = distance;
        best = from + i * step;
      }
    }
    least = std::fmin(least, best_distance);
    from = std::fmax(0, best - step);
    to = std::fmin(1, best + step);
  }
  return least;
}

inline double distance_to_lines(const Degrees& p, const std::vector<Line>& lines) {
  double least = std::numeric_limits<double>::infinity();
  for (const Line& line : lines) {
    for (size_t i = 1; i < line.size(); ++i) {
      least = std::fmin(least, distance_to_arc(p, line[i - 1], line[i]));
    }
  }
  return least;
}

// Even-odd by a ray to the north, of small integers: the point is moved by what
// "a little" means when all coordinates are multiples of 2^20.
inline bool is_inside(const std::vector<std::vector<hot::Point>>& rings, hot::Point point) {
  const int64_t x = point.x * (1 << 20) + 1, y = point.y * (1 << 20) + (1 << 10);
  bool inside = false;
  for (const std::vector<hot::Point>& ring : rings) {
    for (size_t i = 1; i < ring.size(); ++i) {
      const int64_t ax = ring[i - 1].x * (1 << 20), ay = ring[i - 1].y * (1 << 20);
      const int64_t bx = ring[i].x * (1 << 20), by = ring[i].y * (1 << 20);
      if ((ax < x) == (bx < x)) continue;
      const long double share =
          static_cast<long double>(x - ax) / static_cast<long double>(bx - ax);
      const long double meets =
          static_cast<long double>(ay) + share * static_cast<long double>(by - ay);
      if (meets > static_cast<long double>(y)) inside = !inside;
    }
  }
  return inside;
}

}  // namespace octoload::test
