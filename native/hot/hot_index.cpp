#include "hot_index.h"

#include <algorithm>

namespace octoload::hot {
namespace {

// Rows whose squares are looked up together, so that their cache misses overlap.
constexpr size_t kRowsAtOnce = 128;

}  // namespace

std::optional<size_t> HotIndex::classify(const Keys& keys, uint8_t* priorities,
                                         std::span<uint32_t, kPriorities> totals) const noexcept {
  std::optional<size_t> first_bad;
  std::array<Point, kRowsAtOnce> points;
  const size_t rows = keys.tiles.size();
  for (size_t from = 0; from < rows; from += kRowsAtOnce) {
    const size_t count = std::min(kRowsAtOnce, rows - from);
    for (size_t i = 0; i < count; ++i) {
      const size_t row = from + i;
      const bool is_key = is_cell(keys.tiles[row], keys.cells[row], keys.levels[row]);
      if (!is_key && !first_bad) first_bad = row;
      points[i] =
          is_key ? center_of(keys.tiles[row], keys.cells[row], keys.levels[row]) : Point{-1, 0};
    }
    for (size_t i = 0; i < count; ++i) {
      const Point& point = points[i];
      priorities[from + i] =
          point.x < 0 ? uint8_t{0} : raster_.at(column_of(point.x), row_of(point.y));
    }
    for (size_t i = 0; i < count; ++i) {
      uint8_t& priority = priorities[from + i];
      if (points[i].x >= 0) {
        const uint8_t place = priority == kUndecided ? decide(points[i]) : priority;
        priority = priority_of(place, level_points_[keys.levels[from + i]]);
      }
      ++totals[priority];
    }
  }
  return first_bad;
}

// Exactly, where the raster does not know.
uint8_t HotIndex::decide(const Point& point) const noexcept {
  const uint32_t x = column_of(point.x), y = row_of(point.y);
  const Raster::Undecided found = raster_.undecided_at(x, y);
  const double longitude = longitude_of(point.x), latitude = latitude_of(point.y);
  const Vector vector = vector_of(longitude, latitude);
  uint8_t points = found.points;
  for (const Pending& pending : found.pending) {
    const Layer& layer = layers_[pending.layer];
    const std::span<const uint32_t> features = raster_.features_of(pending);
    bool holds = false;
    switch (layer.kind) {
      case Kind::kCoastal:
      case Kind::kUrban: {
        const Places& places = layer.kind == Kind::kCoastal ? coast_ : cities_;
        for (size_t i = 0; i < features.size() && !holds; ++i) {
          holds = places.chord_square(features[i], vector) <= layer.chord_square;
        }
        break;
      }
      case Kind::kBox:
        holds = layer.box.holds(longitude, latitude);
        break;
      case Kind::kPolygons:
        holds = any_holds(*polygons_, features, Quad{x, y, 1}.center(), point);
        break;
      case Kind::kLevel:
        break;
    }
    if (holds) points = add_points(points, pending.points);
  }
  return points;
}

uint8_t HotIndex::most_in_tile(uint64_t tile, uint8_t level) const noexcept {
  if (!is_cell(tile, 0, level)) return 0;
  const unsigned shown = level < kTileLevels ? 0 : level - kTileLevels;
  const uint64_t x = morton::compact_bits(tile), y = morton::compact_bits(tile >> 1);
  return priority_of(most_points_at(shown, x, y), level_points_[level]);
}

// Of the part (x, y) of the map when it is cut into 2^level x 2^level.
uint8_t HotIndex::most_points_at(unsigned level, uint64_t x, uint64_t y) const noexcept {
  if (level < most_.size()) return most_[level][(y << level) + x];
  const Point low = {static_cast<int64_t>(x << (kPointBits - level)),
                     static_cast<int64_t>(y << (kPointBits - level))};
  const Point last = {static_cast<int64_t>(((x + 1) << (kPointBits - level)) - 1),
                      static_cast<int64_t>(((y + 1) << (kPointBits - level)) - 1)};
  return raster_.most_points(column_of(low.x), row_of(low.y), column_of(last.x) + 1,
                             row_of(last.y) + 1);
}

void HotIndex::draw(uint32_t width, uint32_t height, uint8_t* pixels) const noexcept {
  // A square between two pixels is in both.
  const auto first = [](uint32_t i, uint32_t pixels_across, uint32_t squares) {
    return static_cast<uint32_t>(uint64_t{i} * squares / pixels_across);
  };
  const auto end = [](uint32_t i, uint32_t pixels_across, uint32_t squares) {
    return static_cast<uint32_t>((uint64_t{i + 1} * squares + pixels_across - 1) / pixels_across);
  };
  for (uint32_t from_north = 0; from_north < height; ++from_north) {
    const uint32_t row = height - 1 - from_north;
    for (uint32_t column = 0; column < width; ++column) {
      const uint8_t points =
          raster_.most_points(first(column, width, kColumns), first(row, height, kRows),
                              end(column, width, kColumns), end(row, height, kRows));
      pixels[size_t{from_north} * width + column] = priority_of(points, 0);
    }
  }
}

HotIndex::Size HotIndex::size() const noexcept {
  size_t bytes = sizeof *this + raster_.bytes() + coast_.bytes() + cities_.bytes();
  if (polygons_) bytes += polygons_->bytes();
  for (const std::vector<uint8_t>& most : most_) bytes += most.capacity();
  return {bytes, raster_.blocks(), raster_.undecided_squares()};
}

}  // namespace octoload::hot
