#include "distance_layer.h"

#include <algorithm>
#include <limits>

#include "heat.h"

namespace octoload::hot {
namespace {

// A quad that is hot all over is divided until closeness is about the same in it.
constexpr double kFinestShare = 0.125;

// One walk down the quads. Each keeps only those features that can be the
// nearest of some point in it and within the limit of it, so the lists get
// short as the quads get small.
//
// All distances are chords here: they obey the triangle's inequality and are
// never longer than their arcs, so a quad's radius may be an arc.
class Walk {
 public:
  Walk(const DistanceLayer& layer, const Places& places, const QuadGrid& grid, Raster* raster)
      : layer_(layer),
        limit_(std::sqrt(chord_square_of(layer.limit))),
        places_(places),
        grid_(grid),
        raster_(raster) {}

  void run() {
    const auto end = places_.features().begin() + static_cast<ptrdiff_t>(layer_.features);
    stack_.assign(places_.features().begin(), end);
    squares_.resize(layer_.features);
    for (const Quad& root : kRoots) visit(root, 0, layer_.features);
  }

 private:
  // With the features [begin, end) of the stack, on which the quad's own go and
  // are gone afterwards.
  void visit(const Quad& quad, size_t begin, size_t end) {
    const size_t own = stack_.size();
    const double radius = grid_.radius_of(quad);
    push_near(quad, radius, begin, end);
    // A quad that wide is not hot all over: it is divided without a closer look.
    if (radius > limit_ && quad.size > 1) {
      descend(quad, own);
    } else {
      decide(quad, radius, own);
    }
    stack_.resize(own);
  }

  void descend(const Quad& quad, size_t own) {
    const size_t end = stack_.size();
    for (unsigned i = 0; i < 4 && end > own; ++i) visit(quad.child(i), own, end);
  }

  void decide(const Quad& quad, double radius, size_t own) {
    const double least = measure(quad, own);
    if (least - radius > limit_) return;
    const bool is_smallest = quad.size == 1;
    const bool is_all = least + radius <= limit_;
    if (is_all && (is_smallest || radius <= limit_ * kFinestShare)) {
      raster_->add(quad, points_at(least));
      return;
    }
    drop_beyond(std::min(least + 2 * radius, limit_ + radius), own);
    if (is_smallest) {
      raster_->add_pending(quad.x, quad.y, layer_.layer, points_at(least),
                           {stack_.data() + own, stack_.size() - own});
    } else {
      descend(quad, own);
    }
  }

  uint8_t points_at(double chord) const {
    return points_of(1 - arc_of(chord * chord) / layer_.limit, layer_.predicates);
  }

  // Pushes those features that can matter in the quad as far as one end of each
  // tells: a feature is nearer than its first vertex by its length at most.
  void push_near(const Quad& quad, double radius, size_t begin, size_t end) {
    const Vector from = grid_.center_of(quad);
    const size_t own = stack_.size();
    const size_t count = end - begin;
    stack_.resize(own + count);
    const Places::Vertex* const vertices = places_.vertices();
    const uint32_t* const features = stack_.data() + begin;
    double* const squares = squares_.data();
    double least = 4;
    for (size_t i = 0; i < count; ++i) {
      const Vector way = vertices[features[i]].at - from;
      squares[i] = dot(way, way);
      least = std::min(least, squares[i]);
    }
    const double reach = std::min(limit_, std::sqrt(least) + radius) + radius + kArcMargin;
    // Without branches, which would be guessed wrong half of the time.
    uint32_t* const near = stack_.data() + own;
    size_t found = 0;
    for (size_t i = 0; i < count; ++i) {
      const double farthest = reach + vertices[features[i]].length;
      near[found] = features[i];
      found += squares[i] <= farthest * farthest ? 1 : 0;
    }
    stack_.resize(own + found);
  }

  // The least distance from the quad's centre to a feature from `own` on; leaves
  // each one's square in squares_.
  double measure(const Quad& quad, size_t own) {
    const Vector from = grid_.center_of(quad);
    double least = std::numeric_limits<double>::infinity();
    for (size_t i = own; i < stack_.size(); ++i) {
      const double square = places_.chord_square(stack_[i], from);
      squares_[i - own] = square;
      least = std::min(least, square);
    }
    return std::sqrt(least);
  }

  // Keeps those from `own` on that measure() found within the distance, the
  // nearest first: a row's search often ends with it.
  void drop_beyond(double distance, size_t own) {
    const double limit = (distance + kArcMargin) * (distance + kArcMargin);
    uint32_t* const features = stack_.data() + own;
    const size_t count = stack_.size() - own;
    size_t kept = 0, nearest = 0;
    double least = limit;
    for (size_t i = 0; i < count; ++i) {
      const double square = squares_[i];
      features[kept] = features[i];
      if (square < least) {
        least = square;
        nearest = kept;
      }
      kept += square <= limit ? 1 : 0;
    }
    stack_.resize(own + kept);
    if (kept > 0) std::swap(features[0], features[nearest]);
  }

  const DistanceLayer& layer_;
  const double limit_;
  const Places& places_;
  const QuadGrid& grid_;
  Raster* const raster_;
  std::vector<uint32_t> stack_;
  std::vector<double> squares_;
};

}  // namespace

void paint(const DistanceLayer& layer, const Places& places, const QuadGrid& grid, Raster* raster) {
  Walk(layer, places, grid, raster).run();
}

}  // namespace octoload::hot
