// Calls the encoder of Redis commands as the addon does.
#pragma once

#include <algorithm>
#include <vector>

#include "check.h"
#include "cql_calls.h"
#include "resp_commands.h"

namespace octoload::test {

inline std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

inline resp::EntryOptions options_of(resp::Form form) {
  resp::EntryOptions options;
  options.form = form;
  if (form == resp::Form::kFunction) options.name = bytes_of("octoload_put");
  if (form == resp::Form::kScript)
    options.name = bytes_of("0123456789abcdef0123456789abcdef01234567");
  options.prefix = bytes_of("octree:");
  options.wts_us = 1'700'000'000'000'000;
  return options;
}

struct EncodedEntries {
  resp::Status status;
  resp::EntryCounts counts;
  std::vector<uint8_t> bytes;
  std::vector<uint32_t> offsets, first_entries, entries, rows, node_commands;
  std::string text(uint32_t begin, uint32_t end) const {
    return {bytes.begin() + offsets[begin], bytes.begin() + offsets[end]};
  }
};

// Everything is of exactly these sizes, so that the sanitizer sees a byte too much.
inline EncodedEntries encode_into(const batch::SinkBatch& batch, size_t begin, size_t end,
                                  const resp::EntryOptions& options, size_t output_bytes,
                                  size_t capacity) {
  EncodedEntries e;
  e.bytes.assign(output_bytes, 0xee);
  e.bytes.shrink_to_fit();
  e.offsets.resize(capacity + 1);
  e.first_entries.resize(capacity);
  e.entries.resize(capacity);
  e.rows.resize(capacity);
  e.node_commands.resize(options.nodes + size_t{1});
  const resp::EntryTable table = {capacity,         e.offsets.data(), e.first_entries.data(),
                                  e.entries.data(), e.rows.data(),    e.node_commands.data()};
  e.status = resp::encode_entries(batch, begin, end, options, e.bytes, table, &e.counts);
  return e;
}

// Asks for the size first, as a caller may; nothing may have been written by then.
inline EncodedEntries encode(const batch::SinkBatch& batch, size_t begin, size_t end,
                             const resp::EntryOptions& options) {
  const size_t capacity = resp::capacity_for(options.form, end - begin);
  const EncodedEntries refused = encode_into(batch, begin, end, options, 0, capacity);
  if (refused.status.code != resp::Code::kOutputTooSmall) return refused;
  const auto size = static_cast<size_t>(refused.status.detail);
  const EncodedEntries short_of_one = encode_into(batch, begin, end, options, size - 1, capacity);
  CHECK(short_of_one.status.code == resp::Code::kOutputTooSmall);
  CHECK_EQ(short_of_one.status.detail, size);
  CHECK(std::all_of(short_of_one.bytes.begin(), short_of_one.bytes.end(),
                    [](uint8_t byte) { return byte == 0xee; }));
  return encode_into(batch, begin, end, options, size, capacity);
}

}  // namespace octoload::test
