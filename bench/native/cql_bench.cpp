// What it costs to cut and encode a batch of rows into native protocol frames:
// CPU a row in both layouts, beside a memcpy of as many bytes. From the package's folder:
//
//   g++ -std=c++20 -O2 -fno-exceptions -fno-rtti -ffp-contract=off -Inative native/cql/*.cpp
//       native/token/*.cpp bench/native/cql_bench.cpp -o /tmp/cql_bench
//   /tmp/cql_bench [ENVELOPE_BYTES [REPEATS]]      by default 120 and 400
//
// Instructions a row, of one call: divide callgrind's total by the 16384 rows.
//
//   valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no
//       --toggle-collect=octoload_counted_region /tmp/cql_bench 120 1 node|tile
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

#include "bench_tools.h"
#include "cql/frames.h"
#include "token/murmur3.h"

using namespace octoload;
using bench::cpu_seconds;
using bench::mix;

namespace {

constexpr size_t kRows = 16'384;  // what a load hands to a sink at once
constexpr size_t kRowsATile = 64;
constexpr uint8_t kLevel = 20;
constexpr size_t kRingTokens = 48;  // three nodes of 16 tokens
constexpr size_t kNodes = 3;

// Keys in token order, as a load sends them.
std::vector<uint64_t> node_codes() {
  std::vector<uint64_t> codes(kRows);
  for (size_t i = 0; i < kRows; ++i) codes[i] = mix(i + 1) >> (64 - 3 * kLevel);
  std::sort(codes.begin(), codes.end(), [](uint64_t a, uint64_t b) {
    int64_t tokens[2];
    const uint64_t keys[2] = {a, b};
    token::of_bigints(keys, 2, tokens);
    return tokens[0] < tokens[1];
  });
  return codes;
}

std::vector<uint64_t> tile_codes() {
  std::vector<uint64_t> codes(kRows);
  for (size_t i = 0; i < kRows; ++i) {
    const uint64_t tile = mix(i / kRowsATile + 1) >> (64 - 3 * kLevel + 15);
    codes[i] = tile << 15 | i % kRowsATile * 7;
  }
  return codes;
}

std::vector<uint64_t> make_block(const std::vector<uint64_t>& codes, size_t envelope_bytes) {
  const batch::SinkLayout at(kRows);
  std::vector<uint64_t> block((at.bytes + kRows * envelope_bytes + 7) / 8);
  auto* const to = reinterpret_cast<uint8_t*>(block.data());
  block[0] = batch::kSinkMagic;
  block[1] = kRows;
  block[2] = kRows * envelope_bytes;
  for (size_t i = 0; i < kRows; ++i) {
    reinterpret_cast<uint64_t*>(to + at.tiles)[i] = codes[i] >> 15;
    reinterpret_cast<uint16_t*>(to + at.cells)[i] = codes[i] & 0x7fff;
    to[at.levels + i] = kLevel;
    reinterpret_cast<int64_t*>(to + at.last_modified)[i] = 1'700'000'000'000;
    reinterpret_cast<float*>(to + at.homogeneities)[i] = 0.5f;
    reinterpret_cast<int32_t*>(to + at.materials)[i] = static_cast<int32_t>(i % 10);
    to[at.no_materials + i] = mix(i) % 16 == 0;
    to[at.masks + i] = static_cast<uint8_t>(i);
    reinterpret_cast<uint32_t*>(to + at.offsets)[i + 1] =
        static_cast<uint32_t>((i + 1) * envelope_bytes);
  }
  for (size_t i = 0; i < kRows * envelope_bytes; ++i) to[at.bytes + i] = static_cast<uint8_t>(i);
  return block;
}

struct Table {
  std::vector<uint32_t> columns = std::vector<uint32_t>(cql::kFrameColumns * kRows);
  cql::FrameTable view() {
    uint32_t* const c = columns.data();
    return {kRows, c, c + kRows, c + 2 * kRows, c + 3 * kRows, c + 4 * kRows, c + 5 * kRows};
  }
};

struct Ring {
  std::vector<int64_t> tokens = std::vector<int64_t>(kRingTokens);
  std::vector<uint32_t> sets = std::vector<uint32_t>(kRingTokens);
  Ring() {
    for (size_t i = 0; i < kRingTokens; ++i) {
      tokens[i] = static_cast<int64_t>(mix(i + 99));
      sets[i] = static_cast<uint32_t>(mix(i + 999) % kNodes);
    }
    std::sort(tokens.begin(), tokens.end());
  }
};

}  // namespace

// Named for callgrind's --toggle-collect; never inlined, so that it can find it.
extern "C" __attribute__((noinline)) cql::Status octoload_counted_region(
    std::span<const uint8_t> block, const cql::FrameOptions& options, std::span<uint8_t> output,
    const cql::FrameTable& table, size_t* frames) {
  batch::SinkBatch batch;
  if (!batch::SinkBatch::parse(block, &batch)) return {cql::Code::kBadArgument, 0};
  return cql::encode_frames(batch, 0, batch.rows, options, output, table, frames);
}

namespace {

void measure(const char* name, const std::vector<uint64_t>& block, const cql::FrameOptions& options,
             size_t repeats) {
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(block.data()),
                                       block.size() * 8);
  std::vector<uint8_t> output(bytes.size() * 2 + kRows * 80);
  std::vector<uint8_t> copy(output.size());
  Table table;
  const cql::FrameTable view = table.view();
  double best = 1, best_copy = 1;
  size_t frames = 0, bytes_written = 0;
  for (size_t i = 0; i < repeats; ++i) {
    const double before = cpu_seconds();
    const cql::Status status = octoload_counted_region(bytes, options, output, view, &frames);
    const double after = cpu_seconds();
    if (!status.ok()) std::exit(1);
    bytes_written = view.offsets[frames - 1] + view.lengths[frames - 1];
    std::memcpy(copy.data(), output.data(), bytes_written);
    best_copy = std::min(best_copy, cpu_seconds() - after);
    best = std::min(best, after - before);
  }
  std::printf("%-28s %7.1f ns a row, memcpy %5.1f; %6zu frames, %5.1f bytes a row\n", name,
              best * 1e9 / kRows, best_copy * 1e9 / kRows, frames,
              static_cast<double>(bytes_written) / kRows);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t envelope_bytes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 120;
  const size_t repeats = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 400;
  const std::string_view only = argc > 3 ? argv[3] : "";
  const Ring ring;
  std::vector<uint8_t> id(16);
  std::iota(id.begin(), id.end(), uint8_t{0x80});
  cql::FrameOptions options;
  options.max_rows = 1000;
  options.timestamp_us = 1'700'000'000'000'000;
  options.prepared_id = id;
  options.ring = {ring.tokens, ring.sets};
  if (only != "tile") {
    const std::vector<uint64_t> block = make_block(node_codes(), envelope_bytes);
    options.max_bytes = 5 << 10;
    measure("node, batches of 5 KiB", block, options, repeats);
    if (only.empty()) {
      options.max_bytes = 50 << 10;
      measure("node, batches of 50 KiB", block, options, repeats);
      options.max_bytes = 0;
      measure("node, one by one", block, options, repeats);
    }
  }
  if (only != "node") {
    options.layout = cql::Layout::kTile;
    options.max_bytes = 1 << 20;
    measure("tile, 64 rows a partition", make_block(tile_codes(), envelope_bytes), options,
            repeats);
  }
  return 0;
}
