// Hot regions against dull oracles (hot_oracle.h): distances, boxes, polygons,
// levels, and what is said of tiles and pixels.
#include <algorithm>
#include <cstdlib>

#include "check.h"
#include "hot_calls.h"

using namespace octoload;
using namespace octoload::test;
using hot::Kind;

namespace {

constexpr double kToleranceM = 1e-6;
constexpr unsigned kLevels = kMaxLevel + 1;

Degrees somewhere(Random& random) {
  switch (random.next() % 8) {
    case 0:  // about a pole
      return {random.unit() * 360 - 180, (random.next() % 2 ? 1 : -1) * (90 - random.unit() * 2)};
    case 1:  // about the antimeridian
      return {(random.next() % 2 ? 1 : -1) * (180 - random.unit()), random.unit() * 180 - 90};
    default:
      return {random.unit() * 360 - 180, random.unit() * 180 - 90};
  }
}

// So far in degrees at most, over the antimeridian where that is the way.
Degrees near(const Degrees& place, double degrees, Random& random) {
  const double wide = degrees / std::fmax(0.01, std::cos(radians(place.latitude)));
  double longitude = place.longitude + (2 * random.unit() - 1) * std::fmin(wide, 180);
  longitude -= 360 * std::round(longitude / 360);
  const double latitude = place.latitude + (2 * random.unit() - 1) * degrees;
  return {longitude, std::fmin(90, std::fmax(-90, latitude))};
}

std::vector<Line> random_coast(Random& random) {
  std::vector<Line> lines;
  for (size_t i = 0; i < 1 + random.next() % 6; ++i) {
    Line line = {somewhere(random)};
    const double step = std::exp2(-static_cast<double>(random.next() % 12)) * 20;
    for (size_t n = 0; n < 1 + random.next() % 6; ++n) {
      line.push_back(near(line.back(), step, random));
    }
    lines.push_back(line);
  }
  return lines;
}

std::vector<Line> as_lines(const std::vector<Degrees>& cities) {
  std::vector<Line> lines;
  for (const Degrees& city : cities) lines.push_back({city, city});
  return lines;
}

// Rows everywhere, and about where the answer changes.
std::vector<HotRow> rows_about(const std::vector<Line>& lines, double limit_m, size_t count,
                               Random& random) {
  std::vector<HotRow> rows;
  for (size_t i = 0; i < count; ++i) {
    const auto level = static_cast<unsigned>(random.next() % kLevels);
    const Line& line = lines[random.next() % lines.size()];
    const double reach = limit_m * 1.3 / 111'000;
    const Degrees place =
        i % 4 == 0 ? somewhere(random) : near(line[random.next() % line.size()], reach, random);
    rows.push_back(row_near(place, level, random.next()));
  }
  return rows;
}

// A distance predicate alone: hot exactly within the limit; the priority as the
// formula has it, but for the raster's idea of the distance.
void check_distances(const hot::HotIndex& index, const std::vector<Line>& lines, double limit_m,
                     const std::vector<HotRow>& rows) {
  const Priorities found = classify(index, rows);
  CHECK(!found.first_bad.has_value());
  for (size_t i = 0; i < rows.size(); ++i) {
    const double distance = distance_to_lines(rows[i].center(), lines);
    if (std::abs(distance - limit_m) < kToleranceM) continue;
    CHECK_EQ(found.each[i] > 0, distance < limit_m);
    if (found.each[i] == 0) continue;
    const double closeness = std::fmax(0, 1 - distance / limit_m);
    const double error = std::fmax(0.125, 3500 / limit_m);
    CHECK(std::abs(found.each[i] - (1 + 127 * (1 + closeness))) <= 127 * error + 1);
  }
}

void test_coasts(Random& random, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    const std::vector<Line> lines = random_coast(random);
    const double limit_m =
        round % 3 == 0 ? 100 + random.unit() * 50'000 : std::exp(random.unit() * 10.5) * 100;
    Regions regions;
    for (const Line& line : lines) regions.add_line(line);
    regions.predicates.push_back({Kind::kCoastal, {limit_m}});
    const auto index = regions.build();
    if (!CHECK(index != nullptr)) continue;
    check_distances(*index, lines, limit_m, rows_about(lines, limit_m, 200, random));
  }
}

// The first so many cities alone count.
void test_cities(Random& random, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    Regions regions;
    std::vector<Degrees> cities;
    for (size_t i = 0; i < 40; ++i) {
      cities.push_back(somewhere(random));
      regions.cities.push_back(cities.back().longitude);
      regions.cities.push_back(cities.back().latitude);
    }
    const size_t count = 1 + random.next() % cities.size();
    const double limit_m = 200 + random.unit() * 80'000;
    regions.predicates.push_back({Kind::kUrban, {limit_m, static_cast<double>(count)}});
    cities.resize(count);
    const auto index = regions.build();
    if (!CHECK(index != nullptr)) continue;
    const std::vector<Line> lines = as_lines(cities);
    check_distances(*index, lines, limit_m, rows_about(lines, limit_m, 200, random));
  }
}

double longitude_or_side(Random& random) {
  return random.next() % 8 == 0 ? (random.next() % 2 ? 180 : -180) : random.unit() * 360 - 180;
}

void test_boxes(Random& random, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    // Sides that run through cells' centres too: those belong to the box.
    const auto rounded = [&](double value) {
      return round % 2 == 0 ? value : std::round(value * 64 / 45) * 45 / 64;
    };
    const double south = rounded(random.unit() * 180 - 90);
    const hot::Box box = {rounded(longitude_or_side(random)), south,
                          rounded(longitude_or_side(random)),
                          std::fmin(90, std::fmax(south, rounded(south + random.unit() * 90)))};
    Regions regions;
    regions.predicates.push_back({Kind::kBox, {box.west, box.south, box.east, box.north}});
    const auto index = regions.build();
    if (!CHECK(index != nullptr)) continue;
    std::vector<HotRow> rows;
    for (size_t i = 0; i < 2000; ++i) {
      const Degrees corner = {random.next() % 2 ? box.west : box.east,
                              random.next() % 2 ? box.south : box.north};
      const Degrees place = i % 2 == 0 ? somewhere(random) : near(corner, 0.1, random);
      rows.push_back(row_near(place, static_cast<unsigned>(random.next() % kLevels)));
    }
    const Priorities found = classify(*index, rows);
    for (size_t i = 0; i < rows.size(); ++i) {
      const auto [longitude, latitude] = rows[i].center();
      const bool is_east = longitude >= box.west, is_west = longitude <= box.east;
      const bool is_across = box.west > box.east;
      const bool holds = latitude >= box.south && latitude <= box.north &&
                         (is_across ? is_east || is_west : is_east && is_west);
      CHECK_EQ(+found.each[i], holds ? 255 : 0);
    }
  }
}

using Rings = std::vector<std::vector<hot::Point>>;

// Vertices on a coarse grid, so that edges run through cells' centres, along
// their sides and through each other; some off the map.
Rings random_rings(Random& random, int64_t extent) {
  Rings rings;
  const int64_t step = int64_t{1} << random.next() % 6;
  const auto at = [&] {
    return (static_cast<int64_t>(random.next() % static_cast<uint64_t>(extent + 400)) - 200) /
           step * step;
  };
  for (size_t i = 0; i < 1 + random.next() % 3; ++i) {
    std::vector<hot::Point> ring;
    for (size_t n = 0; n < 3 + random.next() % 8; ++n) ring.push_back({at(), at()});
    ring.push_back(ring.front());
    rings.push_back(ring);
  }
  return rings;
}

void test_polygons(Random& random, int rounds) {
  constexpr unsigned kGridBits = 12, kGridLevel = 10;
  constexpr unsigned kShift = hot::kPointBits - kGridBits;
  for (int round = 0; round < rounds; ++round) {
    Regions regions;
    std::vector<Rings> polygons;
    const size_t counted = 1 + random.next() % 4;
    for (size_t i = 0; i < counted + 1; ++i) {
      polygons.push_back(random_rings(random, int64_t{1} << kGridBits));
      Rings scaled = polygons.back();
      for (auto& ring : scaled) {
        for (hot::Point& p : ring) p = {p.x * (int64_t{1} << kShift), p.y * (int64_t{1} << kShift)};
      }
      regions.add_polygon(scaled);
    }
    // The last one is no part of the predicate.
    regions.predicates.push_back({Kind::kPolygons, {0, static_cast<double>(counted)}});
    polygons.pop_back();
    const auto index = regions.build();
    if (!CHECK(index != nullptr)) continue;
    std::vector<HotRow> rows;
    for (size_t i = 0; i < 3000; ++i) {
      const auto level = static_cast<unsigned>(random.next() % (kGridLevel + 1));
      rows.push_back(row_at(random.unit(), random.unit(), level, random.next()));
    }
    const Priorities found = classify(*index, rows);
    for (size_t i = 0; i < rows.size(); ++i) {
      const unsigned shift = kGridBits - 1 - rows[i].level;
      const hot::Point center = {static_cast<int64_t>((2 * rows[i].index(0) + 1) << shift),
                                 static_cast<int64_t>((2 * rows[i].index(1) + 1) << shift)};
      const bool holds = std::any_of(polygons.begin(), polygons.end(),
                                     [&](const Rings& rings) { return is_inside(rings, center); });
      CHECK_EQ(+found.each[i], holds ? 255 : 0);
    }
  }
}

void test_levels() {
  for (unsigned least = 0; least < kLevels; ++least) {
    Regions regions;
    regions.predicates.push_back({Kind::kLevel, {static_cast<double>(least)}});
    const auto index = regions.build();
    if (!CHECK(index != nullptr)) continue;
    for (unsigned level = 0; level < kLevels; ++level) {
      const Priorities found = classify(*index, {row_at(0.3, 0.6, level, 0)});
      const double closeness =
          least == kMaxLevel ? 1 : (level - static_cast<double>(least)) / (kMaxLevel - least);
      const int expected =
          level < least ? 0 : static_cast<int>(1 + std::lround(127 * (1 + closeness)));
      CHECK_EQ(+found.each[0], expected);
    }
  }
}

// Several predicates: points add up, and no tile or pixel promises too little.
void test_sums(Random& random, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    const std::vector<Line> lines = random_coast(random);
    Regions regions;
    for (const Line& line : lines) regions.add_line(line);
    const double limit_m = 1000 + random.unit() * 300'000;
    const auto least = static_cast<unsigned>(random.next() % kLevels);
    const double level = static_cast<double>(least);
    const hot::Box box = {100, -30, -100, 30};
    regions.predicates = {{Kind::kCoastal, {limit_m}},
                          {Kind::kCoastal, {limit_m / 2}},
                          {Kind::kBox, {box.west, box.south, box.east, box.north}},
                          {Kind::kLevel, {level}}};
    const auto index = regions.build();
    if (!CHECK(index != nullptr)) continue;
    const std::vector<HotRow> rows = rows_about(lines, limit_m, 500, random);
    const Priorities found = classify(*index, rows);
    constexpr uint32_t kWidth = 360, kHeight = 90;
    std::vector<uint8_t> pixels(kWidth * kHeight);
    index->draw(kWidth, kHeight, pixels.data());
    std::array<uint32_t, hot::kPriorities> totals{};
    for (size_t i = 0; i < rows.size(); ++i) {
      const auto [longitude, latitude] = rows[i].center();
      const double distance = distance_to_lines(rows[i].center(), lines);
      const bool is_deep = rows[i].level >= least;
      const bool is_in_box = box.holds(longitude, latitude);
      const int held = (distance < limit_m) + (distance < limit_m / 2) + is_in_box + is_deep;
      CHECK_EQ(found.each[i] > 0, held > 0);
      // 32 to 64 points each.
      if (held > 0) CHECK(found.each[i] > 31 * held && found.each[i] <= 1 + 64 * held);
      ++totals[found.each[i]];
      CHECK(index->most_in_tile(rows[i].tile, rows[i].level) >= found.each[i]);
      const auto column = static_cast<uint32_t>((longitude + 180) / 360 * kWidth);
      const auto row = static_cast<uint32_t>((90 - latitude) / 180 * kHeight);
      const int level_points =
          is_deep ? hot::points_of(hot::level_closeness(rows[i].level, least), 4) : 0;
      // A centre on the line between two pixels belongs to the northern one.
      const uint32_t north = row > 0 ? row - 1 : 0;
      const int drawn = std::max(pixels[std::min(row, kHeight - 1) * kWidth + column],
                                 pixels[north * kWidth + column]);
      CHECK(drawn + level_points >= found.each[i] - 1);
    }
    CHECK(totals == found.totals);
  }
}

// A tile far from everything holds nothing, and says so.
void test_tiles() {
  Regions regions;
  regions.cities = {20.0, 50.0};
  regions.predicates.push_back({Kind::kUrban, {5000, 1}});
  const auto index = regions.build();
  if (!CHECK(index != nullptr)) return;
  for (unsigned level = 0; level < kLevels; ++level) {
    const HotRow city = row_near({20, 50}, level);
    CHECK(index->most_in_tile(city.tile, city.level) > 0);
    const HotRow far = row_near({-160, -50}, level);
    const bool is_other = level >= 7 + hot::kTileLevels;
    if (is_other) CHECK_EQ(+index->most_in_tile(far.tile, far.level), 0);
    const uint64_t beyond = level < 5 ? 1 : uint64_t{1} << (3 * (level - 5));
    if (level < kMaxLevel) CHECK_EQ(+index->most_in_tile(beyond, city.level), 0);
  }
  CHECK_EQ(+index->most_in_tile(0, 27), 0);
}

void test_bad_keys() {
  Regions regions;
  regions.predicates.push_back({Kind::kLevel, {0}});
  const auto index = regions.build();
  const HotRow good = {0, 7, 1};
  for (const HotRow& bad : {HotRow{0, 8, 1}, HotRow{1, 0, 4}, HotRow{8, 0, 6}, HotRow{0, 0, 27},
                            HotRow{0, 0x8000, 20}, HotRow{UINT64_MAX, 0xffff, 255}}) {
    const Priorities found = classify(*index, {good, bad, good});
    CHECK(found.first_bad == 1);
    CHECK_EQ(+found.each[1], 0);
    CHECK(found.each[0] > 0 && found.each[2] == found.each[0]);
    CHECK_EQ(found.totals[0], 1u);
  }
}

void test_refusals() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto refuses = [](const Regions& regions) { CHECK(regions.build() == nullptr); };
  refuses({});
  for (const hot::Predicate& bad :
       std::initializer_list<hot::Predicate>{{Kind::kCoastal, {0}},
                                             {Kind::kCoastal, {-1}},
                                             {Kind::kCoastal, {nan}},
                                             {Kind::kCoastal, {5'000'001}},
                                             {Kind::kUrban, {5000, 1}},
                                             {Kind::kUrban, {5000, 0.5}},
                                             {Kind::kUrban, {5000, -1}},
                                             {Kind::kLevel, {27}},
                                             {Kind::kLevel, {1.5}},
                                             {Kind::kLevel, {nan}},
                                             {Kind::kBox, {0, 1, 0, 0}},
                                             {Kind::kBox, {181, 0, 0, 0}},
                                             {Kind::kBox, {0, 0, nan, 0}},
                                             {Kind::kPolygons, {0, 1}},
                                             {Kind::kPolygons, {1, 0}},
                                             {static_cast<Kind>(9), {}}}) {
    Regions regions;
    regions.predicates = {bad};
    refuses(regions);
  }
  Regions many;
  many.predicates.resize(hot::kMaxPredicates + 1);
  refuses(many);
  many.predicates.resize(1);
  CHECK(many.build() != nullptr);
  Regions odd = many;
  odd.coast = {1, 2, 3};
  refuses(odd);
  Regions unended = many;
  unended.coast = {1, 2, 3, 4};
  refuses(unended);
  Regions beyond = many;
  beyond.cities = {0, 91};
  refuses(beyond);
  Regions rings = many;
  rings.vertices = {{0, 0}, {1, 0}, {0, 0}};
  rings.ring_ends = {2};
  rings.polygon_ends = {1};
  refuses(rings);
  rings.ring_ends = {3};
  CHECK(rings.build() != nullptr);
  rings.polygon_ends = {2};
  refuses(rings);
  rings.polygon_ends = {1};
  rings.vertices[1].x = hot::kWholeTurn * 5;
  refuses(rings);
}

}  // namespace

int main(int argc, char** argv) {
  const int effort = argc > 1 ? std::atoi(argv[1]) : 20;
  const int rounds = 1 + std::max(0, effort) / 2;
  Random random(20261122);
  test_coasts(random, rounds);
  test_cities(random, rounds);
  test_boxes(random, rounds);
  test_polygons(random, rounds);
  test_levels();
  test_sums(random, rounds / 2 + 1);
  test_tiles();
  test_bad_keys();
  test_refusals();
  return check_report("hot");
}
