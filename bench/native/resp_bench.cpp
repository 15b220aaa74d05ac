// What it costs to encode a batch of rows as Redis commands, and to read the
// replies: CPU a row and a reply, beside a memcpy of as many bytes. From the package's folder:
//
//   g++ -std=c++20 -O2 -fno-exceptions -fno-rtti -ffp-contract=off -Inative native/resp/*.cpp
//       bench/native/resp_bench.cpp -o /tmp/resp_bench
//   /tmp/resp_bench [REPEATS [FORM]]      by default 400 and all forms
//
// Instructions a row, of one call: divide callgrind's total by the 16384 rows.
//
//   valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no
//       --toggle-collect=octoload_counted_region /tmp/resp_bench 1 function
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench_tools.h"
#include "resp/entries.h"
#include "resp/reply_reader.h"
#include "resp/slot.h"

using namespace octoload;
using bench::cpu_seconds;
using bench::mix;

namespace {

constexpr size_t kRows = 16'384;  // what a load hands to a sink at once
constexpr uint8_t kLevel = 20;
constexpr uint16_t kNodes = 3;
constexpr size_t kChunkBytes = 65'536;  // what a socket gives at once

// Seven rows of eight are leaves, as in an octree.
std::vector<uint64_t> make_block() {
  const batch::SinkLayout at(kRows);
  std::vector<uint64_t> block((at.bytes + 7) / 8);
  auto* const to = reinterpret_cast<uint8_t*>(block.data());
  block[0] = batch::kSinkMagic;
  block[1] = kRows;
  for (size_t i = 0; i < kRows; ++i) {
    const uint64_t number = mix(i + 1);
    const uint64_t code = number >> (64 - 3 * kLevel);
    const float inner = static_cast<float>(1 + number % 4096) / 4097.0f;
    reinterpret_cast<uint64_t*>(to + at.tiles)[i] = code >> 15;
    reinterpret_cast<uint16_t*>(to + at.cells)[i] = code & 0x7fff;
    to[at.levels + i] = kLevel;
    reinterpret_cast<int64_t*>(to + at.last_modified)[i] =
        1'700'000'000'000 + static_cast<int64_t>(i) * 977;
    reinterpret_cast<float*>(to + at.homogeneities)[i] = i % 8 != 0 ? 1.0f : inner;
    reinterpret_cast<int32_t*>(to + at.materials)[i] = static_cast<int32_t>(number % 1000);
    to[at.no_materials + i] = number % 16 == 0;
    to[at.masks + i] = i % 8 != 0 ? 0 : static_cast<uint8_t>(number);
  }
  return block;
}

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct Table {
  std::vector<uint32_t> columns = std::vector<uint32_t>(4 * resp::kMaxPlainCommands * kRows + 1);
  std::vector<uint32_t> node_commands = std::vector<uint32_t>(kNodes + 1);
  resp::EntryTable view() {
    constexpr size_t kCapacity = resp::kMaxPlainCommands * kRows;
    uint32_t* const c = columns.data();
    uint32_t* const first = c + kCapacity + 1;
    return {kCapacity, c, first, first + kCapacity, first + 2 * kCapacity, node_commands.data()};
  }
};

}  // namespace

// Named for callgrind's --toggle-collect; never inlined, so that it can find it.
extern "C" __attribute__((noinline)) resp::Status octoload_counted_region(
    std::span<const uint8_t> block, const resp::EntryOptions& options, std::span<uint8_t> output,
    const resp::EntryTable& table, resp::EntryCounts* counts) {
  batch::SinkBatch batch;
  if (!batch::SinkBatch::parse(block, &batch)) return {resp::Code::kBadArgument, 0};
  return resp::encode_entries(batch, 0, batch.rows, options, output, table, counts);
}

namespace {

void measure_encoding(const char* name, const std::vector<uint64_t>& block,
                      const resp::EntryOptions& options, size_t repeats) {
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(block.data()),
                                       block.size() * 8);
  std::vector<uint8_t> output(kRows * 1000), copy(output.size());
  Table table;
  const resp::EntryTable view = table.view();
  double best = 1, best_copy = 1;
  resp::EntryCounts counts;
  size_t written = 0;
  for (size_t i = 0; i < repeats; ++i) {
    const double before = cpu_seconds();
    const resp::Status status = octoload_counted_region(bytes, options, output, view, &counts);
    const double after = cpu_seconds();
    if (!status.ok()) std::exit(1);
    written = view.offsets[counts.commands];
    std::memcpy(copy.data(), output.data(), written);
    best_copy = std::min(best_copy, cpu_seconds() - after);
    best = std::min(best, after - before);
  }
  std::printf("%-28s %6.1f ns a row, memcpy %5.1f; %6u commands, %5.1f bytes a row\n", name,
              best * 1e9 / kRows, best_copy * 1e9 / kRows, counts.commands,
              static_cast<double>(written) / kRows);
}

void measure_reading(const char* name, const std::string& reply, size_t repeats) {
  std::string stream;
  while (stream.size() < 16 * kChunkBytes) stream += reply;
  double best = 1;
  size_t replies = 0;
  for (size_t i = 0; i < repeats; ++i) {
    resp::ReplyReader reader(1 << 20);
    replies = 0;
    const double before = cpu_seconds();
    for (size_t at = 0; at < stream.size(); at += kChunkBytes) {
      reader.push(bytes_of(std::string_view(stream).substr(at, kChunkBytes)));
      replies += reader.count();
    }
    best = std::min(best, cpu_seconds() - before);
    if (reader.fault() != resp::ReplyFault::kNone) std::exit(1);
  }
  std::printf("%-28s %6.1f ns a reply of %zu bytes\n", name,
              best * 1e9 / static_cast<double>(replies), reply.size());
}

}  // namespace

int main(int argc, char** argv) {
  const size_t repeats = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 400;
  const std::string_view only = argc > 2 ? argv[2] : "";
  const std::vector<uint64_t> block = make_block();
  std::vector<uint16_t> node_of_slot(resp::kSlots);
  for (size_t slot = 0; slot < resp::kSlots; ++slot) {
    node_of_slot[slot] = static_cast<uint16_t>(slot * kNodes / resp::kSlots);
  }
  resp::EntryOptions options;
  options.prefix = bytes_of("octree:");
  options.name = bytes_of("octoload_put");
  options.wts_us = 1'700'000'000'000'000;
  if (only.empty() || only == "function") {
    measure_encoding("function, a key a command", block, options, repeats);
  }
  if (only.empty() || only == "keys") {
    options.keys_per_command = 16;
    measure_encoding("function, 16 keys a command", block, options, repeats);
    options.keys_per_command = 1;
  }
  if (only.empty() || only == "cluster") {
    options.node_of_slot = node_of_slot;
    options.nodes = kNodes;
    measure_encoding("function, 3 nodes", block, options, repeats);
    options.node_of_slot = {};
    options.nodes = 1;
  }
  if (only.empty() || only == "plain") {
    options.form = resp::Form::kPlain;
    options.name = {};
    measure_encoding("plain", block, options, repeats);
  }
  if (!only.empty()) return 0;
  measure_reading("integer", ":1\r\n", repeats / 4 + 1);
  measure_reading("simple string", "+OK\r\n", repeats / 4 + 1);
  measure_reading("HMGET of five",
                  "*5\r\n$3\r\n123\r\n$1\r\n1\r\n$1\r\n0\r\n$13\r\n1700000000000\r\n"
                  "$16\r\n1700000000000000\r\n",
                  repeats / 4 + 1);
  return 0;
}
