// The derivation's CPU a record: packing records for the key sort, and deriving
// from them in preorder (the sort between is sort_bench's). From the package's
// folder:
//
//   g++ -std=c++20 -O2 -fno-exceptions -fno-rtti -Inative native/derive/*.cpp
//       native/envelope/timestamp.cpp bench/native/derive_bench.cpp -o /tmp/derive_bench
//   /tmp/derive_bench [RECORDS [MATERIALS]]
//
// By default 5 million records of 12 materials: an octree along a surface, of
// which most cells have the material of their parent, a third of them as NULL,
// and one record in a hundred is a second one of its key.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include "bench_tools.h"
#include "derive/deriver.h"
#include "derive/key_record.h"

using namespace octoload::derive;
using octoload::bench::cpu_seconds;
using octoload::envelope::RowKey;

namespace {

constexpr size_t kBatchRecords = 4096;
constexpr unsigned kDeepest = 18;

// A linear congruential generator (Knuth's MMIX); its high bits.
class Random {
 public:
  uint64_t below(uint64_t bound) {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return (state_ >> 33) % bound;
  }

 private:
  uint64_t state_ = 1;
};

struct Row {
  RowKey key;
  KeyRecord record;
};

// In preorder, so that the derivation alone is measured.
class Octree {
 public:
  Octree(size_t rows, uint64_t materials) : most_(rows), materials_(materials) {
    rows_.reserve(rows);
    grow(0, 0, 0, static_cast<double>(rows));
  }

  const std::vector<Row>& rows() const { return rows_; }

 private:
  void add(unsigned level, uint64_t code, int32_t material) {
    KeyRecord record;
    record.rowid = static_cast<int64_t>(random_.below(most_));
    record.id_kind = octoload::envelope::kInteger;
    record.id_word = random_.below(most_);
    record.has_created = true;
    record.created_us = 1'700'000'000'000'000 + static_cast<int64_t>(random_.below(1u << 30));
    record.has_material = random_.below(3) != 0;
    record.material = record.has_material ? material : 0;
    const RowKey key = {code >> 15, static_cast<uint16_t>(code & 0x7fff),
                        static_cast<uint8_t>(level)};
    rows_.push_back({key, record});
  }

  // About `share` rows from this cell on, in three to five of its octants.
  void grow(unsigned level, uint64_t code, int32_t material, double share) {
    if (rows_.size() >= most_) return;
    if (random_.below(5) == 0) material = static_cast<int32_t>(random_.below(materials_));
    add(level, code, material);
    if (random_.below(100) == 0) add(level, code, material);
    if (share < 2 || level == kDeepest) return;
    const uint64_t octants = random_.below(256) | 1u << random_.below(8);
    const double children = __builtin_popcountll(octants);
    for (uint64_t octant = 0; octant < 8; ++octant) {
      if ((octants >> octant & 1) == 0) continue;
      const double part = 0.25 + static_cast<double>(random_.below(1500)) / 1000;
      grow(level + 1, code << 3 | octant, material, part * share / children);
    }
  }

  size_t most_;
  uint64_t materials_;
  Random random_;
  std::vector<Row> rows_;
};

struct Packed {
  std::vector<uint8_t> keys, payloads;
  std::vector<uint64_t> offsets;
};

// Appends one batch of rows, as a source delivers them.
void pack_batch(std::span<const Row> rows, Packed* packed) {
  const size_t first = packed->offsets.size() - 1;
  const uint64_t begin = packed->offsets.back();
  packed->keys.resize((first + rows.size()) * kPreorderKeyBytes);
  packed->payloads.resize(begin + rows.size() * kMaxFixedBytes);
  uint8_t* to = packed->payloads.data() + begin;
  for (size_t i = 0; i < rows.size(); ++i) {
    pack_preorder_key(rows[i].key, &packed->keys[(first + i) * kPreorderKeyBytes]);
    to = pack(rows[i].record, to);
    packed->offsets.push_back(static_cast<uint64_t>(to - packed->payloads.data()));
  }
  packed->payloads.resize(packed->offsets.back());
}

// The vectors have their memory, so that the system's paging in is not measured.
double pack_ns(std::span<const Row> rows, Packed* packed) {
  *packed = {};
  packed->keys.resize(rows.size() * kPreorderKeyBytes, 1);
  packed->payloads.resize((rows.size() + kBatchRecords) * kMaxFixedBytes, 1);
  packed->offsets.resize(rows.size() + 1, 1);
  packed->keys.clear();
  packed->payloads.clear();
  packed->offsets.assign(1, 0);
  const double start = cpu_seconds();
  for (size_t at = 0; at < rows.size(); at += kBatchRecords) {
    pack_batch(rows.subspan(at, std::min(kBatchRecords, rows.size() - at)), packed);
  }
  return (cpu_seconds() - start) / static_cast<double>(rows.size()) * 1e9;
}

bool derive_rows(const Packed& packed, Counts* counts) {
  Deriver deriver;
  Results results;
  const size_t records = packed.offsets.size() - 1;
  for (size_t at = 0; at < records; at += kBatchRecords) {
    const size_t count = std::min(kBatchRecords, records - at);
    const auto keys =
        std::span(packed.keys).subspan(at * kPreorderKeyBytes, count * kPreorderKeyBytes);
    const auto offsets = std::span(packed.offsets).subspan(at, count + 1);
    if (deriver.add(keys, offsets, packed.payloads, &results) != Status::kOk) return false;
    results.clear();
  }
  if (deriver.finish(&results) != Status::kOk) return false;
  *counts = deriver.counts();
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const size_t records = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 5'000'000;
  const uint64_t materials = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 12;
  const Octree octree(records, std::max<uint64_t>(materials, 1));
  const auto count = static_cast<double>(octree.rows().size());
  Packed packed;
  const double packing_ns = pack_ns(octree.rows(), &packed);
  std::printf("%.0f records of %.1f bytes: pack %.1f ns a record\n", count,
              static_cast<double>(packed.payloads.size()) / count, packing_ns);
  double least_ns = 1e9;
  Counts counts;
  for (int round = 0; round < 3; ++round) {
    const double before = cpu_seconds();
    if (!derive_rows(packed, &counts)) return 1;
    least_ns = std::min(least_ns, (cpu_seconds() - before) / count * 1e9);
  }
  std::printf("derive %.1f ns a record; %llu rows, %llu orphans, %llu collisions\n", least_ns,
              static_cast<unsigned long long>(counts.rows),
              static_cast<unsigned long long>(counts.orphans),
              static_cast<unsigned long long>(counts.collisions));
  return 0;
}
