// Rows and definitions for the tests of hot regions.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "../../native/morton/magic_masks.h"
#include "hot_oracle.h"
#include "random.h"

namespace octoload::test {

struct HotRow {
  uint64_t tile = 0;
  uint16_t cell = 0;
  uint8_t level = 0;

  uint64_t index(unsigned axis) const {
    return morton::compact_bits(tile >> axis) << 5 | morton::compact_bits(uint64_t{cell} >> axis);
  }
  // By the formula, not by the index's integers.
  Degrees center() const {
    const auto t = [&](unsigned axis) {
      return static_cast<double>(2 * index(axis) + 1) / std::exp2(level + 1);
    };
    return {360 * t(0) - 180, 180 * t(1) - 90};
  }
};

// The cell of a level around a place of 0..1 each way.
inline HotRow row_at(double tx, double ty, unsigned level, uint64_t iz) {
  const double cells = std::exp2(level);
  const auto at = [&](double t) {
    const double i = std::floor(std::fmin(std::fmax(t, 0.0), 1.0) * cells);
    return static_cast<uint64_t>(std::fmin(i, cells - 1));
  };
  const uint64_t x = at(tx), y = at(ty), z = iz & ((uint64_t{1} << level) - 1);
  const auto mix = [&](uint64_t a, uint64_t b, uint64_t c) {
    return morton::spread_bits(a) | morton::spread_bits(b) << 1 | morton::spread_bits(c) << 2;
  };
  return {mix(x >> 5, y >> 5, z >> 5), static_cast<uint16_t>(mix(x & 31, y & 31, z & 31)),
          static_cast<uint8_t>(level)};
}

inline HotRow row_near(const Degrees& place, unsigned level, uint64_t iz = 0) {
  const double turns = (place.longitude + 180) / 360;
  return row_at(turns - std::floor(turns), (place.latitude + 90) / 180, level, iz);
}

struct Priorities {
  std::vector<uint8_t> each;
  std::array<uint32_t, hot::kPriorities> totals{};
  std::optional<size_t> first_bad;
};

inline Priorities classify(const hot::HotIndex& index, const std::vector<HotRow>& rows) {
  std::vector<uint64_t> tiles;
  std::vector<uint16_t> cells;
  std::vector<uint8_t> levels;
  for (const HotRow& row : rows) {
    tiles.push_back(row.tile);
    cells.push_back(row.cell);
    levels.push_back(row.level);
  }
  Priorities found;
  found.each.resize(rows.size());
  found.first_bad = index.classify({tiles, cells.data(), levels.data()}, found.each.data(),
                                   std::span<uint32_t, hot::kPriorities>(found.totals));
  return found;
}

// Owns what a definition looks at.
struct Regions {
  std::vector<hot::Predicate> predicates;
  std::vector<double> coast, cities;
  std::vector<uint32_t> coast_line_ends, ring_ends, polygon_ends;
  std::vector<hot::Point> vertices;

  void add_line(const Line& line) {
    for (const Degrees& point : line) {
      coast.push_back(point.longitude);
      coast.push_back(point.latitude);
    }
    coast_line_ends.push_back(static_cast<uint32_t>(coast.size() / 2));
  }
  void add_polygon(const std::vector<std::vector<hot::Point>>& rings) {
    for (const std::vector<hot::Point>& ring : rings) {
      vertices.insert(vertices.end(), ring.begin(), ring.end());
      ring_ends.push_back(static_cast<uint32_t>(vertices.size()));
    }
    polygon_ends.push_back(static_cast<uint32_t>(ring_ends.size()));
  }
  std::shared_ptr<const hot::HotIndex> build() const {
    hot::Definition definition;
    definition.predicates = predicates;
    definition.coast = coast;
    definition.coast_line_ends = coast_line_ends;
    definition.cities = cities;
    definition.polygon_vertices = vertices;
    definition.ring_ends = ring_ends;
    definition.polygon_ends = polygon_ends;
    return hot::HotIndex::build(std::move(definition));
  }
};

}  // namespace octoload::test
