// Features that distances are measured to: a coast's arcs, or cities.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sphere.h"

namespace octoload::hot {

class Places {
 public:
  // Polylines in degrees: longitude and latitude in turn, and where each line
  // ends, in points. A line is great-circle arcs from point to point.
  static Places lines(std::span<const double> degrees, std::span<const uint32_t> line_ends);
  static Places points(std::span<const double> degrees);

  // By their number. Of points, the first are the largest.
  const std::vector<uint32_t>& features() const noexcept { return features_; }
  double chord_square(uint32_t feature, const Vector& from) const noexcept {
    return chord_square_to_arc(from, vertices_[feature].at, vertices_[feature + step_].at);
  }
  // A feature's first vertex, and the chord from there to its last.
  struct Vertex {
    Vector at;
    double length = 0;
  };
  // By the feature's number.
  const Vertex* vertices() const noexcept { return vertices_.data(); }
  size_t bytes() const noexcept {
    return vertices_.capacity() * sizeof(Vertex) + features_.capacity() * sizeof(uint32_t);
  }
  // What only building needs: features() are gone then.
  void finish() { features_ = {}; }

 private:
  std::vector<Vertex> vertices_;
  std::vector<uint32_t> features_;  // a feature's number is that of its first vertex
  uint32_t step_ = 0;               // from a feature's first vertex to its last
};

}  // namespace octoload::hot
