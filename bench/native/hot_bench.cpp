// What it costs to find out which rows are hot: CPU a row over a source's rows
// in the order of their tokens and over places everywhere, beside looking at
// every feature; and what building the index takes. From the package's folder:
//
//   node bench/native/hot-data.mjs "coastal:10;urban:5;level>=12" SOURCE.gpkg /tmp/hot.bin
//   g++ -std=c++20 -O2 -fno-exceptions -fno-rtti -ffp-contract=off -Inative native/hot/*.cpp
//       bench/native/hot_bench.cpp -o /tmp/hot_bench
//   /tmp/hot_bench /tmp/hot.bin [REPEATS]     by default 20
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "bench_tools.h"
#include "hot/hot_index.h"

using namespace octoload;
using bench::cpu_seconds;
using bench::mix;

namespace {

constexpr size_t kUniformRows = 1'000'000;
constexpr size_t kBruteRows = 200;
constexpr size_t kRowsABatch = 16'384;  // what a load hands to a sink at once

// Sections of a file: a length of eight bytes, then so many.
class Sections {
 public:
  explicit Sections(const char* path) {
    std::FILE* const file = std::fopen(path, "rb");
    if (file == nullptr) std::exit(2);
    std::fseek(file, 0, SEEK_END);
    bytes_.resize(static_cast<size_t>(std::ftell(file)));
    std::rewind(file);
    if (std::fread(bytes_.data(), 1, bytes_.size(), file) != bytes_.size()) std::exit(2);
    std::fclose(file);
  }
  template <class T>
  std::vector<T> next() {
    uint64_t length = 0;
    std::memcpy(&length, bytes_.data() + at_, sizeof length);
    std::vector<T> values(length / sizeof(T));
    if (length != 0) std::memcpy(values.data(), bytes_.data() + at_ + sizeof length, length);
    at_ += sizeof length + length;
    return values;
  }

 private:
  std::vector<uint8_t> bytes_;
  size_t at_ = 0;
};

struct Rows {
  std::vector<uint64_t> tiles;
  std::vector<uint16_t> cells;
  std::vector<uint8_t> levels;
};

// Evenly over longitude and latitude, at a level below the predicate's.
Rows uniform_rows(uint8_t level) {
  Rows rows;
  for (size_t i = 0; i < kUniformRows; ++i) {
    const uint64_t code = mix(i + 1) >> (64 - 3 * level);
    rows.tiles.push_back(code >> 15);
    rows.cells.push_back(code & 0x7fff);
    rows.levels.push_back(level);
  }
  return rows;
}

void measure(const char* name, const hot::HotIndex& index, const Rows& rows, size_t repeats) {
  const size_t count = rows.tiles.size();
  std::vector<uint8_t> priorities(count);
  std::vector<uint32_t> totals(hot::kPriorities);
  double best = 1e9;
  for (size_t i = 0; i < repeats; ++i) {
    std::fill(totals.begin(), totals.end(), 0);
    const double before = cpu_seconds();
    for (size_t from = 0; from < count; from += kRowsABatch) {
      const size_t some = std::min(kRowsABatch, count - from);
      const hot::Keys keys = {
          {rows.tiles.data() + from, some}, rows.cells.data() + from, rows.levels.data() + from};
      index.classify(keys, priorities.data() + from,
                     std::span<uint32_t, hot::kPriorities>(totals.data(), hot::kPriorities));
    }
    best = std::min(best, cpu_seconds() - before);
  }
  std::printf("%-34s %7.1f ns a row; %zu rows, %.1f %% hot\n", name,
              best * 1e9 / static_cast<double>(count), count,
              100 - 100.0 * totals[0] / static_cast<double>(count));
}

void measure_brute_force(const hot::Definition& definition, const Rows& rows) {
  const hot::Places coast = hot::Places::lines(definition.coast, definition.coast_line_ends);
  const hot::Places cities = hot::Places::points(definition.cities);
  const double before = cpu_seconds();
  double sum = 0;
  for (size_t i = 0; i < kBruteRows; ++i) {
    const size_t row = i * (rows.tiles.size() / kBruteRows);
    const hot::Point center = hot::center_of(rows.tiles[row], rows.cells[row], rows.levels[row]);
    const hot::Vector from =
        hot::vector_of(hot::longitude_of(center.x), hot::latitude_of(center.y));
    double least = 9;
    for (const hot::Places* places : {&coast, &cities}) {
      for (const uint32_t feature : places->features()) {
        least = std::min(least, places->chord_square(feature, from));
      }
    }
    sum += least;
  }
  std::printf("%-34s %7.0f ns a row (%g)\n", "every arc and city",
              (cpu_seconds() - before) * 1e9 / kBruteRows, sum);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const size_t repeats = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 20;
  Sections file(argv[1]);
  const auto kinds = file.next<uint8_t>();
  const auto values = file.next<double>();
  hot::Definition definition;
  for (size_t i = 0; i < kinds.size(); ++i) {
    hot::Predicate predicate{static_cast<hot::Kind>(kinds[i]), {}};
    std::copy_n(values.begin() + static_cast<ptrdiff_t>(4 * i), 4, predicate.values.begin());
    definition.predicates.push_back(predicate);
  }
  const auto coast = file.next<double>();
  const auto coast_line_ends = file.next<uint32_t>();
  const auto cities = file.next<double>();
  const auto vertices = file.next<double>();
  const auto ring_ends = file.next<uint32_t>();
  const auto polygon_ends = file.next<uint32_t>();
  for (size_t i = 0; i + 1 < vertices.size(); i += 2) {
    definition.polygon_vertices.push_back(
        {static_cast<int64_t>(vertices[i]), static_cast<int64_t>(vertices[i + 1])});
  }
  definition.coast = coast;
  definition.coast_line_ends = coast_line_ends;
  definition.cities = cities;
  definition.ring_ends = ring_ends;
  definition.polygon_ends = polygon_ends;
  Rows rows;
  rows.tiles = file.next<uint64_t>();
  rows.cells = file.next<uint16_t>();
  rows.levels = file.next<uint8_t>();

  const double before = cpu_seconds();
  const auto index = hot::HotIndex::build(definition);
  const double after = cpu_seconds();
  if (index == nullptr) return 1;
  const hot::HotIndex::Size size = index->size();
  std::printf(
      "%zu points of coast, %zu cities: built in %.0f ms, %.1f MB, %zu blocks, %zu "
      "undecided squares\n",
      coast.size() / 2, cities.size() / 2, (after - before) * 1e3,
      static_cast<double>(size.bytes) * 1e-6, size.blocks, size.undecided_squares);
  measure("the source's rows, by token", *index, rows, repeats);
  measure("everywhere, level 20", *index, uniform_rows(20), repeats);
  measure("everywhere, level 9", *index, uniform_rows(9), repeats);
  measure_brute_force(definition, rows);
  return 0;
}
