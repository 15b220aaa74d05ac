// Runs one operation of one kernel a stated number of points, for callgrind:
// counted instructions say what a noisy clock can't. Only what happens inside
// octoload_counted_region_* is collected.
//
//   instruction_count --list                       kernel and operation, one pair a line
//   instruction_count <kernel> <operation> <points>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "../../native/morton/kernels.h"
#include "random.h"

namespace {

using namespace octoload;
using namespace octoload::morton;

constexpr Frame kCentred{{-20e6, -10e6, -10e6}, {40e6, 20e6, 20e6}};
constexpr const char* kOperations[] = {"encode", "encode-tiles", "decode-center"};
// Those that valgrind can run: it knows no AVX-512, and no other architecture's.
constexpr const char* kCounted[] = {"scalar", "bmi2", "avx2"};

struct Batch {
  std::vector<double> x, y, z;
  std::vector<uint64_t> tiles;
  std::vector<uint16_t> cells;
  std::vector<uint8_t> status;

  explicit Batch(size_t count)
      : x(count), y(count), z(count), tiles(count), cells(count), status(count) {
    octoload::test::Random random(1);
    for (size_t i = 0; i < count; ++i) {
      x[i] = kCentred.min[0] + kCentred.size[0] * random.unit();
      y[i] = kCentred.min[1] + kCentred.size[1] * random.unit();
      z[i] = kCentred.min[2] + kCentred.size[2] * random.unit();
      tiles[i] = random.next() >> 1;
    }
  }
};

}  // namespace

// Named for callgrind's --toggle-collect; never inlined, so that it can find them.
extern "C" {
__attribute__((noinline)) size_t octoload_counted_region_encode(const Kernel& kernel, Batch& b,
                                                                bool whole) {
  return kernel.encode({b.x.data(), b.y.data(), b.z.data(), b.x.size()},
                       {nullptr, static_cast<uint8_t>(whole ? 21 : 26)}, kCentred,
                       {b.tiles.data(), whole ? nullptr : b.cells.data(), b.status.data()});
}

__attribute__((noinline)) size_t octoload_counted_region_decode(const Kernel& kernel, Batch& b) {
  return kernel.decode({b.tiles.data(), nullptr, b.x.size()}, {nullptr, 21}, Corner::kCenter,
                       kCentred, {b.x.data(), b.y.data(), b.z.data(), b.status.data()});
}
}

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
    for (const char* kernel : kCounted) {
      if (find_kernel(kernel) == nullptr || !find_kernel(kernel)->runnable) continue;
      for (const char* operation : kOperations) std::printf("%s %s\n", kernel, operation);
    }
    return 0;
  }
  const KernelChoice* choice = argc == 4 ? find_kernel(argv[1]) : nullptr;
  if (choice == nullptr || !choice->runnable) {
    std::fprintf(stderr, "usage: instruction_count --list | <kernel> <operation> <points>\n");
    return 3;
  }
  Batch batch(std::strtoul(argv[3], nullptr, 10));
  const std::string_view operation = argv[2];
  const size_t rejected =
      operation == "decode-center"
          ? octoload_counted_region_decode(*choice->kernel, batch)
          : octoload_counted_region_encode(*choice->kernel, batch, operation == "encode");
  return rejected == 0 ? 0 : 1;
}
