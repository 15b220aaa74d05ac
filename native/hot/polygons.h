// Polygons on the map, in exact integer arithmetic.
//
// A polygon is some closed rings; a point is in it where a ray crosses their
// edges an odd number of times, so holes are rings too. Edges are straight in
// longitude and latitude. Every point p stands for p + (e^2, e) with e too small
// to matter: no point then lies on an edge, each place belongs to exactly one
// of two neighbours, and any two ways of counting agree (Edelsbrunner, Muecke:
// "Simulation of simplicity", ACM Transactions on Graphics 9, 1990).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "raster.h"

namespace octoload::hot {

class Polygons {
 public:
  // Rings one after another, each ending with its first vertex again; where each
  // ring ends in vertices, and each polygon in rings. Longitudes may go beyond
  // the map: what crosses the antimeridian is there once a side.
  Polygons(std::vector<Point> vertices, std::span<const uint32_t> ring_ends,
           std::span<const uint32_t> polygon_ends);

  size_t count() const noexcept { return edge_ends_.size(); }
  // Numbers of a polygon's edges.
  std::span<const uint32_t> edges_of(size_t polygon) const noexcept;
  // Whether a point is in a polygon.
  bool holds(size_t polygon, const Point& point) const noexcept;
  // Whether a way from one point to another crosses these edges an odd number
  // of times: along the first one's latitude, then along the other's longitude.
  bool crosses(std::span<const uint32_t> edges, const Point& from, const Point& to) const noexcept;
  // Whether an edge has a point in common with a quad, its sides included.
  bool touches(uint32_t edge, const Quad& quad) const noexcept;
  size_t bytes() const noexcept {
    return vertices_.capacity() * sizeof(Point) + edges_.capacity() * sizeof(uint32_t) +
           edge_ends_.capacity() * sizeof(uint32_t);
  }

 private:
  std::vector<Point> vertices_;
  std::vector<uint32_t> edges_;  // an edge's number is that of its first vertex
  std::vector<uint32_t> edge_ends_;
};

// A square's features in a layer of polygons: for each polygon with an edge in
// it, (edges << 1 | whether the square's centre is in it), then the edges.
bool any_holds(const Polygons& polygons, std::span<const uint32_t> features, const Point& center,
               const Point& point) noexcept;

// Paints the union of the polygons [begin, end).
void paint(const Polygons& polygons, size_t begin, size_t end, uint8_t layer, uint8_t points,
           Raster* raster);

}  // namespace octoload::hot
