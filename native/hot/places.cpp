#include "places.h"

namespace octoload::hot {
namespace {

std::vector<Places::Vertex> vertices_of(std::span<const double> degrees) {
  std::vector<Places::Vertex> vertices(degrees.size() / 2);
  for (size_t i = 0; i < vertices.size(); ++i) {
    vertices[i].at = vector_of(degrees[2 * i], degrees[2 * i + 1]);
  }
  return vertices;
}

}  // namespace

Places Places::lines(std::span<const double> degrees, std::span<const uint32_t> line_ends) {
  Places places;
  places.vertices_ = vertices_of(degrees);
  places.step_ = 1;
  places.features_.reserve(places.vertices_.size());
  uint32_t from = 0;
  for (const uint32_t end : line_ends) {
    for (uint32_t i = from; i + 1 < end; ++i) {
      places.features_.push_back(i);
      const Vector way = places.vertices_[i + 1].at - places.vertices_[i].at;
      places.vertices_[i].length = std::sqrt(dot(way, way));
    }
    from = end;
  }
  return places;
}

Places Places::points(std::span<const double> degrees) {
  Places places;
  places.vertices_ = vertices_of(degrees);
  places.features_.resize(places.vertices_.size());
  for (uint32_t i = 0; i < places.features_.size(); ++i) places.features_[i] = i;
  return places;
}

}  // namespace octoload::hot
