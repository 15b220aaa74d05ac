#include "polygons.h"

#include <utility>

namespace octoload::hot {
namespace {

__extension__ using Wide = __int128;

// Above 0 where p is left of the way from a to b, 0 on the line.
Wide turn(const Point& a, const Point& b, const Point& p) noexcept {
  return Wide{b.x - a.x} * (p.y - a.y) - Wide{b.y - a.y} * (p.x - a.x);
}

// The same of the point that p stands for: never on the line of an edge with two ends.
bool is_left(const Point& a, const Point& b, const Point& p) noexcept {
  const Wide value = turn(a, b, p);
  if (value != 0) return value > 0;
  return a.x != b.x ? b.x > a.x : b.y < a.y;
}

}  // namespace

Polygons::Polygons(std::vector<Point> vertices, std::span<const uint32_t> ring_ends,
                   std::span<const uint32_t> polygon_ends)
    : vertices_(std::move(vertices)) {
  edges_.reserve(vertices_.size());
  uint32_t vertex = 0, ring = 0;
  for (const uint32_t polygon_end : polygon_ends) {
    for (; ring < polygon_end; ++ring) {
      for (; vertex + 1 < ring_ends[ring]; ++vertex) edges_.push_back(vertex);
      vertex = ring_ends[ring];
    }
    edge_ends_.push_back(static_cast<uint32_t>(edges_.size()));
  }
}

std::span<const uint32_t> Polygons::edges_of(size_t polygon) const noexcept {
  const uint32_t begin = polygon == 0 ? 0 : edge_ends_[polygon - 1];
  return {edges_.data() + begin, edge_ends_[polygon] - begin};
}

bool Polygons::holds(size_t polygon, const Point& point) const noexcept {
  bool is_in = false;
  for (const uint32_t edge : edges_of(polygon)) {
    const Point& a = vertices_[edge];
    const Point& b = vertices_[edge + 1];
    if ((a.y > point.y) == (b.y > point.y)) continue;
    // Crossed on the way west: the point is right of an edge that goes north.
    if (is_left(a, b, point) == (b.y < a.y)) is_in = !is_in;
  }
  return is_in;
}

bool Polygons::crosses(std::span<const uint32_t> edges, const Point& from,
                       const Point& to) const noexcept {
  const Point corner = {to.x, from.y};
  bool is_odd = false;
  for (const uint32_t edge : edges) {
    const Point& a = vertices_[edge];
    const Point& b = vertices_[edge + 1];
    const bool meets_latitude = (a.y > from.y) != (b.y > from.y);
    const bool meets_longitude = (a.x > to.x) != (b.x > to.x);
    if (!meets_latitude && !meets_longitude) continue;
    const bool corner_side = is_left(a, b, corner);
    if (meets_latitude && is_left(a, b, from) != corner_side) is_odd = !is_odd;
    if (meets_longitude && is_left(a, b, to) != corner_side) is_odd = !is_odd;
  }
  return is_odd;
}

bool Polygons::touches(uint32_t edge, const Quad& quad) const noexcept {
  const Point& a = vertices_[edge];
  const Point& b = vertices_[edge + 1];
  const Point low = quad.low(), high = quad.high();
  if (a.x < low.x && b.x < low.x) return false;
  if (a.x > high.x && b.x > high.x) return false;
  if (a.y < low.y && b.y < low.y) return false;
  if (a.y > high.y && b.y > high.y) return false;
  const Wide sides[4] = {turn(a, b, low), turn(a, b, high), turn(a, b, {low.x, high.y}),
                         turn(a, b, {high.x, low.y})};
  bool is_left_of = true, is_right_of = true;
  for (const Wide side : sides) {
    is_left_of = is_left_of && side > 0;
    is_right_of = is_right_of && side < 0;
  }
  return !is_left_of && !is_right_of;
}

bool any_holds(const Polygons& polygons, std::span<const uint32_t> features, const Point& center,
               const Point& point) noexcept {
  for (size_t at = 0; at < features.size();) {
    const uint32_t head = features[at];
    const bool is_center_in = (head & 1) != 0;
    const std::span<const uint32_t> edges = features.subspan(at + 1, head >> 1);
    if (is_center_in != polygons.crosses(edges, center, point)) return true;
    at += 1 + edges.size();
  }
  return false;
}

}  // namespace octoload::hot
