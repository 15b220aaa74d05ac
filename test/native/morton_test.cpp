// Every kernel against the scalar oracle, bit for bit: random points, all edge
// points, both key forms, one level and a level a row, every batch length, and
// the three corners. The oracle itself against arithmetic on whole integers.
//
// Seeded, so that a failure repeats. Takes the number of random points (in
// millions) as its argument; 10 without one.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "../../native/common/cpu.h"
#include "../../native/morton/kernels.h"
#include "../../native/morton/strided.h"
#include "check.h"
#include "random.h"

namespace {

using namespace octoload;
using namespace octoload::morton;
using octoload::test::Random;

constexpr Frame kCentred{{-20e6, -10e6, -10e6}, {40e6, 20e6, 20e6}};
constexpr Frame kBluemarble{{0, 0, 0}, {40075020, 20037510, 20000000}};
constexpr Frame kOdd{{-1.0 / 3, 1e-300, 7}, {1e-3, 3e-300, 0.1}};
constexpr const Frame* kFrames[] = {&kCentred, &kBluemarble, &kOdd};

struct Rows {
  std::vector<double> axis[3];
  std::vector<uint8_t> levels;

  size_t size() const { return levels.size(); }
  void add(double x, double y, double z, unsigned level) {
    axis[0].push_back(x);
    axis[1].push_back(y);
    axis[2].push_back(z);
    levels.push_back(static_cast<uint8_t>(level));
  }
  Points points() const { return {axis[0].data(), axis[1].data(), axis[2].data(), size()}; }
};

struct Encoded {
  std::vector<uint64_t> tiles;
  std::vector<uint16_t> cells;
  std::vector<uint8_t> status;
  size_t rejected = 0;
};

// `from`: start there, so that vector loads are misaligned.
Encoded encode(const Kernel& kernel, const Rows& rows, const Levels& levels, const Frame& frame,
               bool whole, size_t from = 0) {
  const size_t count = rows.size() - from;
  Encoded out{std::vector<uint64_t>(count), std::vector<uint16_t>(whole ? 0 : count),
              std::vector<uint8_t>(count), 0};
  const Points all = rows.points();
  out.rejected =
      kernel.encode({all.x + from, all.y + from, all.z + from, count},
                    {levels.each == nullptr ? nullptr : levels.each + from, levels.all}, frame,
                    {out.tiles.data(), whole ? nullptr : out.cells.data(), out.status.data()});
  return out;
}

struct Decoded {
  std::vector<double> axis[3];
  std::vector<uint8_t> status;
  size_t rejected = 0;
};

Decoded decode(const Kernel& kernel, const Encoded& codes, const Levels& levels, Corner corner,
               const Frame& frame) {
  const size_t count = codes.tiles.size();
  Decoded out;
  for (auto& axis : out.axis) axis.resize(count);
  out.status.resize(count);
  out.rejected = kernel.decode(
      {codes.tiles.data(), codes.cells.empty() ? nullptr : codes.cells.data(), count}, levels,
      corner, frame,
      {out.axis[0].data(), out.axis[1].data(), out.axis[2].data(), out.status.data()});
  return out;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

void expect_same(const Encoded& actual, const Encoded& oracle) {
  CHECK(actual.tiles == oracle.tiles);
  CHECK(actual.cells == oracle.cells);
  CHECK(actual.status == oracle.status);
  CHECK_EQ(actual.rejected, oracle.rejected);
  CHECK_EQ(oracle.rejected, oracle.status.size() -
                                static_cast<size_t>(std::count(
                                    oracle.status.begin(), oracle.status.end(), uint8_t{kRowOk})));
}

void expect_same(const Decoded& actual, const Decoded& oracle) {
  for (unsigned axis = 0; axis < 3; ++axis) CHECK(same_bits(actual.axis[axis], oracle.axis[axis]));
  CHECK(actual.status == oracle.status);
  CHECK_EQ(actual.rejected, oracle.rejected);
}

constexpr Corner kCorners[] = {Corner::kMin, Corner::kCenter, Corner::kMax};

void compare_decode(const Kernel& kernel, const Encoded& codes, const Levels& levels, Corner corner,
                    const Frame& frame) {
  expect_same(decode(kernel, codes, levels, corner, frame),
              decode(kScalarKernel, codes, levels, corner, frame));
}

// Encodes on both in both forms, compares, decodes what came out, compares.
void compare(const Kernel& kernel, const Rows& rows, const Levels& levels, const Frame& frame,
             std::span<const Corner> corners = kCorners) {
  for (const bool whole : {true, false}) {
    const Encoded oracle = encode(kScalarKernel, rows, levels, frame, whole);
    expect_same(encode(kernel, rows, levels, frame, whole), oracle);
    for (const Corner corner : corners) compare_decode(kernel, oracle, levels, corner, frame);
  }
}

Rows random_rows(Random& random, size_t count, const Frame& frame, double reach) {
  Rows rows;
  for (size_t i = 0; i < count; ++i) {
    double v[3];
    for (unsigned axis = 0; axis < 3; ++axis) {
      v[axis] = frame.min[axis] + frame.size[axis] * (random.unit() * reach - (reach - 1) / 2);
    }
    rows.add(v[0], v[1], v[2], static_cast<unsigned>(random.next() % 28));
  }
  return rows;
}

void test_random(const Kernel& kernel, size_t points) {
  constexpr size_t kBatch = 4099;  // odd, so that every batch has a tail
  Random random(20261122);
  size_t done = 0;
  for (size_t batch = 0; done < points; ++batch, done += kBatch) {
    const Frame& frame = *kFrames[batch % 3];
    // Most batches lie inside; every fourth has a third of its rows outside.
    const Rows rows = random_rows(random, kBatch, frame, batch % 4 == 3 ? 1.15 : 1.0);
    // A level a row and one for all in turn, and the corners in theirs.
    const Levels levels{batch % 2 == 0 ? rows.levels.data() : nullptr,
                        static_cast<uint8_t>(batch / 2 % 27)};
    compare(kernel, rows, levels, frame, std::span(kCorners).subspan(batch / 2 % 3, 1));
  }
}

// Every face and one ulp to each side, cell boundaries likewise, and the values
// that are numbers in name only.
std::vector<double> edge_values(const Frame& frame, unsigned axis) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<double> bases = {frame.min[axis], frame.min[axis] + frame.size[axis], 0.0, -0.0};
  for (const double part : {0.5, 0.25, 1.0 / 3, 1.0 / (1 << 21), 1.0 / (1 << 26), 1 - 0x1p-26}) {
    bases.push_back(frame.min[axis] + frame.size[axis] * part);
  }
  std::vector<double> values = {std::numeric_limits<double>::quiet_NaN(),
                                -std::numeric_limits<double>::quiet_NaN(),
                                std::numeric_limits<double>::signaling_NaN(),
                                kInfinity,
                                -kInfinity,
                                std::numeric_limits<double>::denorm_min(),
                                -std::numeric_limits<double>::denorm_min(),
                                std::numeric_limits<double>::min() / 2,
                                std::numeric_limits<double>::max(),
                                std::numeric_limits<double>::lowest()};
  for (const double base : bases) {
    values.push_back(base);
    values.push_back(std::nextafter(base, -kInfinity));
    values.push_back(std::nextafter(base, kInfinity));
  }
  return values;
}

void test_edges(const Kernel& kernel) {
  for (const Frame* frame : kFrames) {
    const std::vector<double> x = edge_values(*frame, 0);
    const std::vector<double> y = edge_values(*frame, 1);
    const std::vector<double> z = edge_values(*frame, 2);
    Rows rows;
    size_t turn = 0;
    for (const double a : x) {
      for (const double b : y) {
        for (const double c : z) rows.add(a, b, c, static_cast<unsigned>(turn++ % 27));
      }
    }
    for (const unsigned level : {0u, 1u, 5u, 6u, 20u, 21u, 22u, 26u, 27u, 255u}) {
      compare(kernel, rows, {nullptr, static_cast<uint8_t>(level)}, *frame);
    }
    compare(kernel, rows, {rows.levels.data(), 0}, *frame);
    for (size_t i = 0; i < rows.size(); ++i) rows.levels[i] = static_cast<uint8_t>(i);
    compare(kernel, rows, {rows.levels.data(), 0}, *frame);  // all 256 values of a level's byte
  }
}

void test_lengths(const Kernel& kernel) {
  Random random(7);
  const Rows rows = random_rows(random, 67, kCentred, 1.2);
  for (size_t from = 0; from <= rows.size(); ++from) {
    for (const bool whole : {true, false}) {
      for (const uint8_t* each : {rows.levels.data(), static_cast<const uint8_t*>(nullptr)}) {
        const Levels levels{each, 19};
        expect_same(encode(kernel, rows, levels, kCentred, whole, from),
                    encode(kScalarKernel, rows, levels, kCentred, whole, from));
      }
    }
  }
}

// Codes that no encode gave: mostly above their level's range.
void test_hostile_codes(const Kernel& kernel) {
  Random random(99);
  Encoded codes;
  std::vector<uint8_t> levels;
  for (size_t i = 0; i < 100003; ++i) {
    codes.tiles.push_back(random.next() >> (random.next() % 64));
    codes.cells.push_back(static_cast<uint16_t>(random.next() >> (random.next() % 16)));
    levels.push_back(static_cast<uint8_t>(random.next() % 30));
  }
  for (unsigned level = 0; level <= 26; ++level) {  // the last good and the first bad one
    for (const uint64_t step : {0u, 1u}) {
      const unsigned bits = std::min(3 * level, 63u);
      codes.tiles.push_back((uint64_t{1} << bits) - 1 + step);
      codes.cells.push_back(0);
      levels.push_back(static_cast<uint8_t>(level));
    }
  }
  Encoded whole{codes.tiles, {}, {}, 0};
  for (const Encoded* input : {&codes, &whole}) {
    const Levels each{levels.data(), 0};
    expect_same(decode(kernel, *input, each, Corner::kCenter, kCentred),
                decode(kScalarKernel, *input, each, Corner::kCenter, kCentred));
    for (const uint8_t level : {uint8_t{0}, uint8_t{4}, uint8_t{5}, uint8_t{21}, uint8_t{26}}) {
      expect_same(decode(kernel, *input, {nullptr, level}, Corner::kMax, kCentred),
                  decode(kScalarKernel, *input, {nullptr, level}, Corner::kMax, kCentred));
    }
  }
}

void test_strided(const Kernel& kernel) {
  Random random(3);
  const Rows rows = random_rows(random, 2000, kCentred, 1.1);
  const Levels levels{rows.levels.data(), 0};
  for (const size_t stride : {size_t{3}, size_t{4}, size_t{7}}) {
    std::vector<double> xyz(rows.size() * stride, -1e99);
    for (size_t i = 0; i < rows.size(); ++i) {
      for (unsigned axis = 0; axis < 3; ++axis) xyz[i * stride + axis] = rows.axis[axis][i];
    }
    Encoded out{std::vector<uint64_t>(rows.size()), std::vector<uint16_t>(rows.size()),
                std::vector<uint8_t>(rows.size()), 0};
    out.rejected = encode_strided(kernel, {xyz.data(), stride, rows.size()}, levels, kCentred,
                                  {out.tiles.data(), out.cells.data(), out.status.data()});
    expect_same(out, encode(kScalarKernel, rows, levels, kCentred, false));
  }
}

// The oracle against whole-number arithmetic: index by index, bit by bit.
void test_oracle() {
  Random random(11);
  for (unsigned round = 0; round < 200000; ++round) {
    const unsigned level = static_cast<unsigned>(random.next() % 27);
    const Frame& frame = *kFrames[round % 2];
    double v[3];
    uint64_t index[3];
    for (unsigned axis = 0; axis < 3; ++axis) {
      v[axis] = frame.min[axis] + frame.size[axis] * random.unit();
      const double t = (v[axis] - frame.min[axis]) / frame.size[axis];
      index[axis] = static_cast<uint64_t>(std::floor(std::ldexp(t, static_cast<int>(level))));
    }
    unsigned __int128 code = 0;
    for (unsigned bit = 0; bit < level; ++bit) {
      for (unsigned axis = 0; axis < 3; ++axis) {
        code |= static_cast<unsigned __int128>((index[axis] >> bit) & 1) << (3 * bit + axis);
      }
    }
    uint64_t tile = 0;
    uint16_t cell = 0;
    uint8_t status = 0;
    kScalarKernel.encode({&v[0], &v[1], &v[2], 1}, {nullptr, static_cast<uint8_t>(level)}, frame,
                         {&tile, &cell, &status});
    CHECK_EQ(status, uint8_t{kRowOk});
    CHECK_EQ(tile, static_cast<uint64_t>(code >> 15));
    CHECK_EQ(cell, static_cast<uint16_t>(code & 0x7fff));
  }
}

void test_slow_pdep() {
  CHECK(has_slow_pdep("AuthenticAMD", 0x15));   // Excavator
  CHECK(has_slow_pdep("AuthenticAMD", 0x17));   // Zen, Zen+, Zen 2
  CHECK(!has_slow_pdep("AuthenticAMD", 0x19));  // Zen 3, Zen 4
  CHECK(!has_slow_pdep("AuthenticAMD", 0x1a));  // Zen 5
  CHECK(has_slow_pdep("HygonGenuine", 0x18));
  CHECK(!has_slow_pdep("GenuineIntel", 6));
}

}  // namespace

int main(int argc, char** argv) {
  const size_t millions = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
  test_oracle();
  test_slow_pdep();
  CHECK(best_kernel().runnable);
  for (const KernelChoice& choice : kernel_choices()) {
    if (!choice.runnable) {
      std::printf("kernel %-7s skipped: %s\n", choice.name, choice.reason);
      continue;
    }
    const long before = octoload::test::checks_failed;
    test_edges(*choice.kernel);
    test_lengths(*choice.kernel);
    test_hostile_codes(*choice.kernel);
    test_strided(*choice.kernel);
    const size_t points = choice.kernel == &kScalarKernel ? 0 : millions * 1000000;
    test_random(*choice.kernel, points);
    const bool good = octoload::test::checks_failed == before;
    std::printf("kernel %-7s %s: edge points and %zu random points in each form equal the oracle\n",
                choice.name, good ? "ok" : "FAILED", points);
  }
  return octoload::test::check_report("morton");
}
