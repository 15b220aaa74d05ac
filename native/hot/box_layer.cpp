#include "box_layer.h"

namespace octoload::hot {
namespace {

enum class Overlap { kNone, kSome, kAll };

Overlap overlap(double low, double high, double from, double to) {
  if (low > to || high < from) return Overlap::kNone;
  return low >= from && high <= to ? Overlap::kAll : Overlap::kSome;
}

Overlap overlap_of(const Box& box, const Quad& quad) {
  const Point low = quad.low(), high = quad.high();
  const double west = longitude_of(low.x), east = longitude_of(high.x);
  const Overlap latitudes = overlap(latitude_of(low.y), latitude_of(high.y), box.south, box.north);
  if (latitudes == Overlap::kNone) return Overlap::kNone;
  Overlap longitudes;
  if (box.west <= box.east) {
    longitudes = overlap(west, east, box.west, box.east);
  } else {
    const Overlap eastern = overlap(west, east, box.west, 180);
    const Overlap western = overlap(west, east, -180, box.east);
    const bool is_all = eastern == Overlap::kAll || western == Overlap::kAll;
    const bool is_none = eastern == Overlap::kNone && western == Overlap::kNone;
    longitudes = is_all ? Overlap::kAll : is_none ? Overlap::kNone : Overlap::kSome;
  }
  if (longitudes == Overlap::kAll) return latitudes;
  return longitudes;
}

void visit(const Box& box, uint8_t layer, uint8_t points, const Quad& quad, Raster* raster) {
  const Overlap overlap = overlap_of(box, quad);
  if (overlap == Overlap::kNone) return;
  if (overlap == Overlap::kAll) {
    raster->add(quad, points);
  } else if (quad.size == 1) {
    raster->add_pending(quad.x, quad.y, layer, points, {});
  } else {
    for (unsigned i = 0; i < 4; ++i) visit(box, layer, points, quad.child(i), raster);
  }
}

}  // namespace

void paint(const Box& box, uint8_t layer, uint8_t points, Raster* raster) {
  for (const Quad& root : kRoots) visit(box, layer, points, root, raster);
}

}  // namespace octoload::hot
