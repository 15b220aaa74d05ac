// Painting polygons: a walk down the quads that keeps the edges in each.
#include "polygons.h"

namespace octoload::hot {
namespace {

class PolygonWalk {
 public:
  PolygonWalk(const Polygons& polygons, uint8_t layer, uint8_t points, Raster* raster)
      : polygons_(polygons), layer_(layer), points_(points), raster_(raster) {}

  void run(size_t begin, size_t end) {
    for (const Quad& root : kRoots) {
      list_.clear();
      bool is_all = false;
      for (size_t i = begin; i < end && !is_all; ++i) {
        is_all = add(root, polygons_.edges_of(i), polygons_.holds(i, root.center()));
      }
      decide(root, is_all, 0);
    }
  }

 private:
  // Appends a polygon's edges in the quad; true where it has none and fills it.
  bool add(const Quad& quad, std::span<const uint32_t> edges, bool is_center_in) {
    const size_t head = list_.size();
    list_.push_back(0);
    for (const uint32_t edge : edges) {
      if (polygons_.touches(edge, quad)) list_.push_back(edge);
    }
    const size_t kept = list_.size() - head - 1;
    if (kept == 0) {
      list_.pop_back();
      return is_center_in;
    }
    list_[head] = static_cast<uint32_t>(kept << 1 | (is_center_in ? 1 : 0));
    return false;
  }

  // The quad's list is what was appended from `begin` on.
  void decide(const Quad& quad, bool is_all, size_t begin) {
    if (is_all) {
      raster_->add(quad, points_);
    } else if (list_.size() > begin && quad.size == 1) {
      raster_->add_pending(quad.x, quad.y, layer_, points_,
                           {list_.data() + begin, list_.size() - begin});
    } else if (list_.size() > begin) {
      const size_t end = list_.size();
      for (unsigned i = 0; i < 4; ++i) visit(quad.child(i), quad.center(), begin, end);
    }
    list_.resize(begin);
  }

  void visit(const Quad& quad, const Point& from, size_t begin, size_t end) {
    const size_t own = list_.size();
    bool is_all = false;
    for (size_t at = begin; at < end && !is_all;) {
      const uint32_t head = list_[at];
      // A copy: list_ grows, and may move, while they are looked at.
      edges_.assign(list_.begin() + static_cast<ptrdiff_t>(at) + 1,
                    list_.begin() + static_cast<ptrdiff_t>(at + 1 + (head >> 1)));
      const bool was_in = (head & 1) != 0;
      is_all = add(quad, edges_, was_in != polygons_.crosses(edges_, from, quad.center()));
      at += 1 + (head >> 1);
    }
    decide(quad, is_all, own);
  }

  const Polygons& polygons_;
  const uint8_t layer_, points_;
  Raster* const raster_;
  std::vector<uint32_t> list_;
  std::vector<uint32_t> edges_;
};

}  // namespace

void paint(const Polygons& polygons, size_t begin, size_t end, uint8_t layer, uint8_t points,
           Raster* raster) {
  PolygonWalk(polygons, layer, points, raster).run(begin, end);
}

}  // namespace octoload::hot
