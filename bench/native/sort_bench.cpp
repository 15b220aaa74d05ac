// The external sort on shuffled records: CPU a record of adding (with sorting
// and spilling) and of merging, fsync and checksums included; peak memory; and
// what ten times as many records cost. From the package's folder:
//
//   g++ -std=c++20 -O2 -fno-exceptions -fno-rtti -Inative native/sort/*.cpp
//       native/common/crc32c*.cpp bench/native/sort_bench.cpp -o /tmp/sort_bench
//   /tmp/sort_bench FOLDER [RECORDS [PAYLOAD_BYTES [MEMORY_MIB [KEY_BYTES]]]]
//
// By default 5 million records of 200 bytes under 24-byte keys in 256 MiB. The
// ratio is taken in an eighth of the memory, so that a tenth of the records
// spills too, ten rounds of it around the one of all records: a busy machine
// slows both alike. FOLDER is made, must be empty, and is emptied.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bench_tools.h"
#include "sort/space.h"

using namespace octoload::sort;
using octoload::bench::cpu_seconds;
using octoload::bench::mix;

namespace {

constexpr size_t kBatchRecords = 4096;

struct Shape {
  uint64_t records;
  size_t payload_bytes;
  uint64_t memory_bytes;
  size_t key_bytes;
};

struct Costs {
  double adding_ns = 0;  // CPU a record, user and system
  double merging_ns = 0;
  double system_ns = 0;  // of both, the kernel's part
  size_t runs = 0;
  double total_ns() const { return adding_ns + merging_ns; }
};

double system_seconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_stime.tv_usec);
}

void expect(const Status& status) {
  if (status.ok()) return;
  std::printf("failed: code %d, errno %d, offset %llu, %s\n", static_cast<int>(status.code),
              status.error, static_cast<unsigned long long>(status.offset), status.path.c_str());
  std::exit(1);
}

// Made once and outside of the measured time, but for the keys.
struct Input {
  std::vector<uint8_t> keys;
  std::vector<uint64_t> offsets;
  std::vector<uint8_t> bytes;

  explicit Input(const Shape& shape)
      : keys(kBatchRecords * shape.key_bytes), bytes(kBatchRecords * shape.payload_bytes) {
    for (size_t i = 0; i <= kBatchRecords; ++i) offsets.push_back(i * shape.payload_bytes);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(mix(i));
  }

  void fill_keys(const Shape& shape, uint64_t first) {
    for (size_t i = 0; i < kBatchRecords; ++i) {
      const Key key = pack_key(mix(first + i + 1), first + i, 7);
      copy_key(keys.data() + i * shape.key_bytes, key.data(), shape.key_bytes);
    }
  }
};

double add_all(Sorter& sorter, const Shape& shape) {
  Input input(shape);
  double seconds = 0;
  for (uint64_t first = 0; first < shape.records; first += kBatchRecords) {
    input.fill_keys(shape, first);
    const size_t count = std::min<uint64_t>(kBatchRecords, shape.records - first);
    const double before = cpu_seconds();
    expect(sorter.add({{input.keys.data(), count * shape.key_bytes},
                       {input.offsets.data(), count + 1},
                       input.bytes},
                      {}));
    seconds += cpu_seconds() - before;
  }
  const double before = cpu_seconds();
  expect(sorter.finish({}));
  return seconds + cpu_seconds() - before;
}

double read_all(const Sorter& sorter, const Shape& shape) {
  std::vector<uint8_t> keys(kBatchRecords * shape.key_bytes);
  std::vector<uint64_t> offsets(kBatchRecords + 1);
  std::vector<uint8_t> bytes(kBatchRecords * shape.payload_bytes + 1);
  std::unique_ptr<Cursor> cursor;
  const double before = cpu_seconds();
  expect(sorter.open_cursor({}, &cursor));
  uint64_t records = 0;
  size_t count = 1;
  while (count > 0) {
    expect(cursor->next({keys, offsets, bytes}, &count));
    records += count;
  }
  if (records != shape.records) std::exit(1);
  return cpu_seconds() - before;
}

Costs measure(const std::string& folder, const Shape& shape) {
  Options options;
  options.folder = folder;
  options.key_bytes = shape.key_bytes;
  options.memory_bytes = shape.memory_bytes;
  Costs costs;
  {
    std::unique_ptr<Sorter> sorter;
    expect(Sorter::open(options, &sorter));
    expect(
        check_free_space(folder, estimate_disk_bytes(options, shape.records, shape.payload_bytes)));
    const double per_record = 1e9 / static_cast<double>(shape.records);
    const double system_before = system_seconds();
    costs.adding_ns = add_all(*sorter, shape) * per_record;
    costs.runs = sorter->runs().size();
    costs.merging_ns = read_all(*sorter, shape) * per_record;
    costs.system_ns = (system_seconds() - system_before) * per_record;
  }
  expect(Sorter::discard(folder));
  return costs;
}

void print(const Shape& shape, const Costs& costs) {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "%llu records of %zu + %zu bytes in %llu MiB, %zu runs: add, sort, spill %.0f ns, merge "
      "%.0f ns, total %.0f ns CPU a record, %.0f of it the kernel's; peak RSS so far %ld MiB\n",
      static_cast<unsigned long long>(shape.records), shape.key_bytes, shape.payload_bytes,
      static_cast<unsigned long long>(shape.memory_bytes >> 20), costs.runs, costs.adding_ns,
      costs.merging_ns, costs.total_ns(), costs.system_ns, usage.ru_maxrss >> 10);
  std::fflush(stdout);
}

double small_total_ns(const std::string& folder, const Shape& shape, int rounds) {
  double total = 0;
  for (int round = 0; round < rounds; ++round) total += measure(folder, shape).total_ns();
  return total;
}

uint64_t argument(int argc, char** argv, int index, uint64_t otherwise) {
  return argc > index ? std::strtoull(argv[index], nullptr, 10) : otherwise;
}

void report_ratio(const std::string& folder, Shape large) {
  constexpr int kRounds = 10;
  large.memory_bytes /= 8;
  Shape small = large;
  small.records /= 10;
  print(small, measure(folder, small));  // also warms up
  double small_ns = small_total_ns(folder, small, kRounds / 2);
  const Costs costs = measure(folder, large);
  small_ns += small_total_ns(folder, small, kRounds / 2);
  print(large, costs);
  std::printf("ten times the records in the same memory: %.2f times the CPU time\n",
              10 * costs.total_ns() / (small_ns / kRounds));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::printf("usage: sort_bench FOLDER [RECORDS [PAYLOAD_BYTES [MEMORY_MIB [KEY_BYTES]]]]\n");
    return 2;
  }
  const std::string folder = argv[1];
  const Shape shape = {argument(argc, argv, 2, 5'000'000), argument(argc, argv, 3, 200),
                       argument(argc, argv, 4, 256) << 20, argument(argc, argv, 5, 24)};
  report_ratio(folder, shape);
  print(shape, measure(folder, shape));
  return 0;
}
