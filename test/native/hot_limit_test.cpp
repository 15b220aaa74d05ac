// Hot regions where it is hardest: crowds of cities, rows less than a metre from
// the limit, polygons whose sides run through cells' centres; and the radii of
// quads that all distances rely on.
#include <algorithm>
#include <cstdlib>

#include "../../native/hot/quad_grid.h"
#include "check.h"
#include "hot_calls.h"

using namespace octoload;
using namespace octoload::test;
using hot::Kind;

namespace {

// So far from a place in a direction (radians, 0 north).
Degrees away(const Degrees& from, double metres, double direction) {
  const double arc = metres / hot::kEarthRadiusM;
  const double latitude = radians(from.latitude);
  const double sine =
      std::sin(latitude) * std::cos(arc) + std::cos(latitude) * std::sin(arc) * std::cos(direction);
  const double east = std::atan2(std::sin(direction) * std::sin(arc) * std::cos(latitude),
                                 std::cos(arc) - std::sin(latitude) * sine);
  return {from.longitude + east * 180 / hot::kPi, std::asin(sine) * 180 / hot::kPi};
}

double least_distance(const Degrees& from, const std::vector<Degrees>& cities) {
  double least = 1e9;
  for (const Degrees& city : cities) least = std::fmin(least, haversine(from, city));
  return least;
}

// Cities closer together than the limit, so that which one decides changes all
// over a square of the raster.
void test_crowds(Random& random, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    const double limit_m = std::exp(random.unit() * 5) * 400;
    const Degrees middle = {random.unit() * 360 - 180, 170 * random.unit() - 85};
    Regions regions;
    std::vector<Degrees> cities;
    for (size_t i = 0; i < 120; ++i) {
      const double reach = random.unit() * (3 * limit_m + 30'000);
      cities.push_back(away(middle, reach, random.unit() * 2 * hot::kPi));
      regions.cities.push_back(cities.back().longitude);
      regions.cities.push_back(cities.back().latitude);
    }
    regions.predicates.push_back({Kind::kUrban, {limit_m, static_cast<double>(cities.size())}});
    const auto index = regions.build();
    if (!CHECK(index != nullptr)) continue;
    std::vector<HotRow> rows;
    for (size_t i = 0; i < 4000; ++i) {
      const Degrees& city = cities[random.next() % cities.size()];
      const double off = (2 * random.unit() - 1) * (i % 2 == 0 ? 1 : 300);
      rows.push_back(row_near(away(city, limit_m + off, random.unit() * 2 * hot::kPi), kMaxLevel));
    }
    const Priorities found = classify(*index, rows);
    for (size_t i = 0; i < rows.size(); ++i) {
      const double distance = least_distance(rows[i].center(), cities);
      if (std::abs(distance - limit_m) < 1e-6) continue;
      CHECK_EQ(found.each[i] > 0, distance < limit_m);
    }
  }
}

using Ring = std::vector<hot::Point>;

// Right angles mostly, on a grid as coarse as the cells that are asked about.
Ring grid_ring(Random& random) {
  constexpr int64_t kStep = 1 << 6;
  const auto at = [&] { return static_cast<int64_t>(random.next() % 65) * kStep; };
  Ring ring = {{at(), at()}};
  for (size_t n = 0; n < 4 + random.next() % 8; ++n) {
    hot::Point next = {at(), at()};
    if (random.next() % 4 != 0)
      (n % 2 == 0 ? next.x : next.y) = n % 2 == 0 ? ring.back().x : ring.back().y;
    ring.push_back(next);
  }
  ring.push_back(ring.front());
  return ring;
}

void test_grids(Random& random, int rounds) {
  constexpr unsigned kGridBits = 12, kShift = hot::kPointBits - kGridBits;
  for (int round = 0; round < 4 * rounds; ++round) {
    const std::vector<Ring> rings = {grid_ring(random), grid_ring(random)};
    std::vector<Ring> scaled = rings;
    for (Ring& ring : scaled) {
      for (hot::Point& p : ring) p = {p.x * (int64_t{1} << kShift), p.y * (int64_t{1} << kShift)};
    }
    Regions regions;
    regions.add_polygon(scaled);
    regions.predicates.push_back({Kind::kPolygons, {0, 1}});
    const auto index = regions.build();
    if (!CHECK(index != nullptr)) continue;
    std::vector<HotRow> rows;
    for (size_t i = 0; i < 1000; ++i) {
      const auto level = static_cast<unsigned>(random.next() % 11);
      rows.push_back(row_at(random.unit(), random.unit(), level, 0));
    }
    const Priorities found = classify(*index, rows);
    for (size_t i = 0; i < rows.size(); ++i) {
      const unsigned shift = kGridBits - 1 - rows[i].level;
      const hot::Point center = {static_cast<int64_t>((2 * rows[i].index(0) + 1) << shift),
                                 static_cast<int64_t>((2 * rows[i].index(1) + 1) << shift)};
      CHECK_EQ(+found.each[i], is_inside(rings, center) ? 255 : 0);
    }
  }
}

// Each radius reaches all over its quad, and not farther than it has to.
void test_quads(Random& random) {
  const hot::QuadGrid grid;
  for (size_t i = 0; i < 3000; ++i) {
    const auto bits = static_cast<unsigned>(random.next() % (hot::kRowBits + 1));
    const uint32_t size = 1u << bits;
    const hot::Quad quad = {static_cast<uint32_t>(random.next() % (hot::kColumns / size)) * size,
                            static_cast<uint32_t>(random.next() % (hot::kRows / size)) * size,
                            size};
    const auto degrees = [](const hot::Point& p) {
      return Degrees{hot::longitude_of(p.x), hot::latitude_of(p.y)};
    };
    const Degrees low = degrees(quad.low()), high = degrees(quad.high());
    const Degrees center = degrees(quad.center());
    const double radius = grid.radius_of(quad) * hot::kEarthRadiusM;
    const double corner = std::fmax(haversine(center, low), haversine(center, high));
    const double middle = std::abs(center.latitude) < 45 && size >= 1024 ? 2 : 1;
    CHECK(radius <= std::fmax(corner * middle + 0.1, size == hot::kRows ? 2.1e7 : 0));
    for (size_t n = 0; n < 20; ++n) {
      const double u = n < 2 ? static_cast<double>(n) : random.unit();
      const double v = n < 4 ? static_cast<double>(n / 2 % 2) : random.unit();
      const Degrees place = {low.longitude + u * (high.longitude - low.longitude),
                             low.latitude + v * (high.latitude - low.latitude)};
      CHECK(haversine(center, place) <= radius);
    }
    const hot::Vector at = grid.center_of(quad);
    const hot::Vector expected = hot::vector_of(center.longitude, center.latitude);
    const hot::Vector off = at - expected;
    CHECK(hot::dot(off, off) < 1e-30);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int effort = argc > 1 ? std::atoi(argv[1]) : 20;
  const int rounds = 1 + std::max(0, effort) / 2;
  Random random(20261123);
  test_crowds(random, rounds);
  test_grids(random, rounds);
  test_quads(random);
  return check_report("hot_limit");
}
