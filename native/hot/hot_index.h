// Which rows are hot, and how hot: some predicates on the map, any of which makes
// a row hot. Built once, then only read, by as many threads as like.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "../batch/sink_batch.h"
#include "box_layer.h"
#include "heat.h"
#include "places.h"
#include "polygons.h"
#include "quad_grid.h"
#include "raster.h"

namespace octoload::hot {

enum class Kind : uint8_t { kCoastal = 0, kUrban = 1, kLevel = 2, kBox = 3, kPolygons = 4 };
inline constexpr size_t kKinds = 5;

// kCoastal: metres. kUrban: metres, the first so many cities. kLevel: the least
// level. kBox: west, south, east, north. kPolygons: first and end of them.
struct Predicate {
  Kind kind = Kind::kLevel;
  std::array<double, 4> values{};
};

struct Definition {
  std::vector<Predicate> predicates;
  // Degrees, longitude and latitude in turn, and the ends of the coast's lines.
  std::span<const double> coast;
  std::span<const uint32_t> coast_line_ends;
  std::span<const double> cities;
  // As Polygons takes them.
  std::vector<Point> polygon_vertices;
  std::span<const uint32_t> ring_ends;
  std::span<const uint32_t> polygon_ends;
};

// A quarter of the Earth's girth would be enough for any use; arcs stay short of it.
inline constexpr double kMaxDistanceM = 5'000'000;

inline constexpr size_t kPriorities = 256;

struct Keys {
  std::span<const uint64_t> tiles;
  const uint16_t* cells = nullptr;
  const uint8_t* levels = nullptr;
};

class HotIndex {
 public:
  // nullptr where the definition contradicts itself: an index out of range, a
  // number that is none.
  static std::shared_ptr<const HotIndex> build(Definition definition);

  // A priority a row, 0: not hot; totals[p] grows by the rows of priority p.
  // Returns the first row whose key is no cell's (it is taken for not hot), or
  // nothing.
  std::optional<size_t> classify(const Keys& keys, uint8_t* priorities,
                                 std::span<uint32_t, kPriorities> totals) const noexcept;

  // No row of that tile (cells of that level) has a higher priority; 0: none is
  // hot. What is no tile's key has no rows.
  uint8_t most_in_tile(uint64_t tile, uint8_t level) const noexcept;

  // The highest priority that place alone can give in each pixel, from the
  // north-west; both sizes from 1 to the raster's.
  void draw(uint32_t width, uint32_t height, uint8_t* pixels) const noexcept;

  struct Size {
    size_t bytes = 0;
    size_t blocks = 0;
    size_t undecided_squares = 0;
  };
  Size size() const noexcept;

 private:
  struct Layer {
    Kind kind = Kind::kLevel;
    double chord_square = 0;
    Box box;
  };

  HotIndex() = default;
  void add(const Predicate& predicate, size_t number, size_t predicates, const QuadGrid& grid);
  uint8_t decide(const Point& point) const noexcept;
  uint8_t most_points_at(unsigned level, uint64_t x, uint64_t y) const noexcept;
  void sum_up();

  Raster raster_;
  std::vector<Layer> layers_;  // by the predicate's number
  Places coast_, cities_;
  std::optional<Polygons> polygons_;
  std::array<uint8_t, kMaxLevel + 1> level_points_{};
  // The most points in each of 2^k x 2^k parts of the map, for k of 0..8.
  std::array<std::vector<uint8_t>, kRowBits - kBlockBits + 1> most_;
};

}  // namespace octoload::hot
