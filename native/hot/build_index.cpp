// Building a HotIndex: predicates paint the raster one after another.
#include <cmath>
#include <utility>

#include "distance_layer.h"
#include "hot_index.h"

namespace octoload::hot {
namespace {

bool is_degrees(std::span<const double> degrees) {
  if (degrees.size() % 2 != 0 || degrees.size() / 2 > UINT32_MAX) return false;
  for (size_t i = 0; i < degrees.size(); i += 2) {
    if (!(std::abs(degrees[i]) <= 540) || !(std::abs(degrees[i + 1]) <= 90)) return false;
  }
  return true;
}

// Ascending, the last one the number of the things that end.
bool are_ends(std::span<const uint32_t> ends, size_t of) {
  uint32_t before = 0;
  for (const uint32_t end : ends) {
    if (end < before) return false;
    before = end;
  }
  return before == of;
}

bool are_rings(const Definition& definition) {
  if (!are_ends(definition.ring_ends, definition.polygon_vertices.size())) return false;
  if (!are_ends(definition.polygon_ends, definition.ring_ends.size())) return false;
  // Beyond this a product of two differences could leave 128 bits.
  constexpr int64_t kFarthest = 4 * kWholeTurn;
  for (const Point& vertex : definition.polygon_vertices) {
    if (std::abs(vertex.x) > kFarthest || std::abs(vertex.y) > kFarthest) return false;
  }
  return true;
}

bool is_count(double value, size_t most) {
  return value >= 0 && value <= static_cast<double>(most) && value == std::floor(value);
}

bool is_distance(double metres) { return metres > 0 && metres <= kMaxDistanceM; }

bool is_predicate(const Predicate& predicate, const Definition& definition) {
  const auto [first, second, third, fourth] = predicate.values;
  switch (predicate.kind) {
    case Kind::kCoastal:
      return is_distance(first);
    case Kind::kUrban:
      return is_distance(first) && is_count(second, definition.cities.size() / 2);
    case Kind::kLevel:
      return is_count(first, kMaxLevel);
    case Kind::kBox:
      return std::abs(first) <= 180 && std::abs(third) <= 180 && std::abs(second) <= 90 &&
             std::abs(fourth) <= 90 && second <= fourth;
    case Kind::kPolygons:
      return is_count(second, definition.polygon_ends.size()) && is_count(first, SIZE_MAX) &&
             first <= second;
  }
  return false;
}

bool is_sound(const Definition& definition) {
  if (definition.predicates.empty() || definition.predicates.size() > kMaxPredicates) return false;
  if (!is_degrees(definition.coast) || !is_degrees(definition.cities)) return false;
  if (!are_ends(definition.coast_line_ends, definition.coast.size() / 2)) return false;
  if (!are_rings(definition)) return false;
  for (const Predicate& predicate : definition.predicates) {
    if (!is_predicate(predicate, definition)) return false;
  }
  return true;
}

}  // namespace

std::shared_ptr<const HotIndex> HotIndex::build(Definition definition) {
  if (!is_sound(definition)) return nullptr;
  std::shared_ptr<HotIndex> index(new HotIndex);
  index->coast_ = Places::lines(definition.coast, definition.coast_line_ends);
  index->cities_ = Places::points(definition.cities);
  if (!definition.polygon_ends.empty()) {
    index->polygons_.emplace(std::move(definition.polygon_vertices), definition.ring_ends,
                             definition.polygon_ends);
  }
  index->layers_.resize(definition.predicates.size());
  const QuadGrid grid;
  for (size_t i = 0; i < definition.predicates.size(); ++i) {
    index->add(definition.predicates[i], i, definition.predicates.size(), grid);
  }
  index->raster_.finish();
  index->coast_.finish();
  index->cities_.finish();
  index->sum_up();
  return index;
}

void HotIndex::add(const Predicate& predicate, size_t number, size_t predicates,
                   const QuadGrid& grid) {
  const auto& values = predicate.values;
  const auto layer = static_cast<uint8_t>(number);
  layers_[number].kind = predicate.kind;
  switch (predicate.kind) {
    case Kind::kCoastal:
    case Kind::kUrban: {
      const bool is_coast = predicate.kind == Kind::kCoastal;
      const double arc = values[0] / kEarthRadiusM;
      layers_[number].chord_square = chord_square_of(arc);
      const Places& places = is_coast ? coast_ : cities_;
      const size_t features = is_coast ? coast_.features().size() : static_cast<size_t>(values[1]);
      paint(DistanceLayer{arc, features, predicates, layer}, places, grid, &raster_);
      break;
    }
    case Kind::kLevel:
      for (auto level = static_cast<unsigned>(values[0]); level <= kMaxLevel; ++level) {
        const double closeness = level_closeness(level, static_cast<unsigned>(values[0]));
        level_points_[level] = add_points(level_points_[level], points_of(closeness, predicates));
      }
      break;
    case Kind::kBox:
      layers_[number].box = {values[0], values[1], values[2], values[3]};
      paint(layers_[number].box, layer, points_of(1, predicates), &raster_);
      break;
    case Kind::kPolygons:
      if (polygons_) {
        paint(*polygons_, static_cast<size_t>(values[0]), static_cast<size_t>(values[1]), layer,
              points_of(1, predicates), &raster_);
      }
      break;
  }
}

// From the raster's blocks, two to a part, up to the one part that is the map.
void HotIndex::sum_up() {
  const unsigned finest = static_cast<unsigned>(most_.size()) - 1;
  for (unsigned level = finest + 1; level-- > 0;) {
    const uint32_t edge = 1u << level;
    most_[level].resize(size_t{edge} * edge);
    for (uint32_t y = 0; y < edge; ++y) {
      for (uint32_t x = 0; x < edge; ++x) {
        uint8_t& most = most_[level][size_t{y} * edge + x];
        if (level == finest) {
          most = raster_.most_points(2 * x * kBlockEdge, y * kBlockEdge, 2 * (x + 1) * kBlockEdge,
                                     (y + 1) * kBlockEdge);
          continue;
        }
        const std::vector<uint8_t>& finer = most_[level + 1];
        const size_t at = (size_t{2 * y} * 2 * edge) + 2 * x;
        most = std::max({finer[at], finer[at + 1], finer[at + 2 * edge], finer[at + 2 * edge + 1]});
      }
    }
  }
}

}  // namespace octoload::hot
