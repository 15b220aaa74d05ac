// CQL frames: bytes worked out by hand, every place a frame can end at, and
// random batches against a dull encoder (cql_rows.h).
#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>

#include "cql_calls.h"

using namespace octoload;
using namespace octoload::test;

namespace {

void check_frames(const Encoded& encoded, const std::vector<CqlFrame>& expected) {
  if (!CHECK(encoded.status.ok()) || !CHECK_EQ(encoded.frames, expected.size())) return;
  Bytes all;
  for (size_t i = 0; i < expected.size(); ++i) {
    CHECK_EQ(encoded.at(0, i), all.size());
    CHECK_EQ(encoded.at(1, i), expected[i].bytes.size());
    CHECK_EQ(encoded.at(2, i), expected[i].first_row);
    CHECK_EQ(encoded.at(3, i), expected[i].rows);
    CHECK_EQ(encoded.at(4, i), expected[i].replica_set);
    CHECK_EQ(encoded.at(5, i), expected[i].mutation_bytes);
    all.insert(all.end(), expected[i].bytes.begin(), expected[i].bytes.end());
  }
  CHECK(encoded.bytes == all);
}

void check_rows(const CqlRows& rows, size_t begin, size_t end, const cql::FrameOptions& options) {
  const Batch made(rows);
  check_frames(encode(made.batch, begin, end, options), cut_dully(rows, begin, end, options));
}

void check_rows(const CqlRows& rows, const cql::FrameOptions& options) {
  check_rows(rows, 0, rows.size(), options);
}

Bytes from_hex(const char* text) {
  Bytes bytes;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (; *text != 0; text += 2) {
    while (*text == ' ') ++text;
    bytes.push_back(static_cast<uint8_t>(digit(text[0]) * 16 + digit(text[1])));
  }
  return bytes;
}

// Written out from the specification, by hand.
void test_known_bytes() {
  CqlRow row{0x123, 0x4567, 9, 0x81, false, -2, 0.5f, -1, {0xaa, 0xbb, 0xcc}};
  cql::FrameOptions options = options_for(cql::Layout::kNode);
  options.prepared_id = options.prepared_id.first(2);
  const Bytes execute = from_hex(
      "04 00 0000 0a 0000004a  0002 f001 0006 21 0007"
      "00000008 000000000091c567 00000001 09 00000004 fffffffe 00000004 3f000000"
      "00000001 81 00000003 aabbcc 00000008 ffffffffffffffff 0102030405060708");
  const Batch one({row});
  CHECK(encode(one.batch, 0, 1, options).bytes == execute);

  options.layout = cql::Layout::kTile;
  options.null_material = cql::NullAs::kUnset;
  CqlRow other = row;
  other.cell = 0x7fff;
  other.no_material = true;
  other.envelope = {};
  const Bytes batch = from_hex(
      "04 00 0000 0d 00000093  01 0002"
      "01 0002 f001 0008 00000001 09 00000008 0000000000000123 00000002 4567"
      "00000004 fffffffe 00000004 3f000000 00000001 81 00000003 aabbcc"
      "00000008 ffffffffffffffff"
      "01 0002 f001 0008 00000001 09 00000008 0000000000000123 00000002 7fff"
      "fffffffe 00000004 3f000000 00000001 81 00000000"
      "00000008 ffffffffffffffff"
      "0006 20 0102030405060708");
  const Batch two({row, other});
  CHECK(encode(two.batch, 0, 2, options).bytes == batch);
  options.null_material = cql::NullAs::kNull;
  Bytes with_null = batch;
  with_null[with_null.size() - 11 - 12 - 4 - 5 - 8 - 1] = 0xff;
  CHECK(encode(two.batch, 0, 2, options).bytes == with_null);
}

void test_no_rows() {
  for (const cql::Layout layout : {cql::Layout::kNode, cql::Layout::kTile}) {
    const Batch none({});
    const Encoded encoded = encode(none.batch, 0, 0, options_for(layout));
    CHECK(encoded.status.ok());
    CHECK_EQ(encoded.frames, 0u);
    const Batch some({CqlRow{}, CqlRow{}});
    CHECK(encode(some.batch, 1, 1, options_for(layout)).status.ok());
  }
}

void test_replica_set_changes(Random& random) {
  const CqlRows rows = random_rows(random, 12, cql::Layout::kNode);
  cql::FrameOptions options = options_for(cql::Layout::kNode);
  for (size_t change = 0; change <= rows.size(); ++change) {
    // The first `change` rows are below the ring's first token, or at it.
    const int64_t end = change == 0 ? token_of(rows[0], options.layout) - 1
                                    : token_of(rows[change - 1], options.layout);
    const std::array<int64_t, 2> tokens = {end, INT64_MAX};
    constexpr std::array<uint32_t, 2> kSets = {3, 0};
    options.ring = {tokens, kSets};
    check_rows(rows, options);
    const Batch made(rows);
    const Encoded encoded = encode(made.batch, 0, rows.size(), options);
    CHECK_EQ(encoded.frames, change == 0 || change == rows.size() ? 1u : 2u);
    CHECK_EQ(encoded.at(4, 0), change == 0 ? 0u : 3u);
    CHECK_EQ(encoded.at(4, encoded.frames - 1), change == rows.size() ? 3u : 0u);
  }
}

void test_ring_wraps(Random& random) {
  const CqlRows rows = random_rows(random, 40, cql::Layout::kNode);
  cql::FrameOptions options = options_for(cql::Layout::kNode);
  std::array<int64_t, 3> tokens = {INT64_MIN / 2, 0, INT64_MAX / 2};
  constexpr std::array<uint32_t, 3> kSets = {5, 6, 5};
  options.ring = {tokens, kSets};
  check_rows(rows, options);
  // Above the last token the first range goes on: sets 5, 6, 5 make three frames.
  const Batch made(rows);
  CHECK_EQ(encode(made.batch, 0, rows.size(), options).frames, 3u);
  tokens = {INT64_MIN, INT64_MIN + 1, INT64_MAX};
  check_rows(rows, options);
}

void test_partition_ends() {
  for (size_t change = 0; change <= 9; ++change) {
    CqlRows by_tile(9), by_level(9);
    for (size_t i = 0; i < 9; ++i) {
      by_tile[i].level = by_level[i].level = 20;
      by_tile[i].cell = by_level[i].cell = static_cast<uint16_t>(i);
      by_tile[i].tile = i < change ? 4 : 5;
      by_level[i].level = i < change ? 20 : 21;
    }
    for (const CqlRows& rows : {by_tile, by_level}) {
      check_rows(rows, options_for(cql::Layout::kTile));
      const Batch made(rows);
      const Encoded encoded = encode(made.batch, 0, 9, options_for(cql::Layout::kTile));
      CHECK_EQ(encoded.frames, change == 0 || change == 9 ? 1u : 2u);
    }
  }
}

void test_sizes(Random& random) {
  for (const cql::Layout layout : {cql::Layout::kNode, cql::Layout::kTile}) {
    CqlRows rows(6);
    for (size_t i = 0; i < rows.size(); ++i) {
      rows[i].level = 9;
      rows[i].tile = 1;
      rows[i].cell = static_cast<uint16_t>(i);
      rows[i].envelope.resize(i == 3 ? 5000 : 100, static_cast<uint8_t>(random.next()));
    }
    cql::FrameOptions options = options_for(layout);
    // The large one is above the bound, and travels alone.
    options.max_bytes = 2000;
    check_rows(rows, options);
    const Batch made(rows);
    const Encoded encoded = encode(made.batch, 0, rows.size(), options);
    CHECK_EQ(encoded.frames, 3u);
    CHECK_EQ(encoded.at(3, 1), 1u);
    // Exactly at the bound is within it.
    options.max_bytes = mutation_bytes({rows[0], rows[1]}, options);
    CHECK_EQ(encode(made.batch, 0, 3, options).at(3, 0), 2u);
    --options.max_bytes;
    CHECK_EQ(encode(made.batch, 0, 3, options).at(3, 0), 1u);
    options.max_bytes = 0;
    CHECK_EQ(encode(made.batch, 0, 6, options).frames, 6u);
  }
}

void test_many_rows() {
  CqlRows rows(70'000);
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].level = 9;
    rows[i].tile = 1;
    rows[i].cell = static_cast<uint16_t>(i & 0x7fff);
  }
  const Batch made(rows);
  for (const cql::Layout layout : {cql::Layout::kNode, cql::Layout::kTile}) {
    cql::FrameOptions options = options_for(layout);
    options.max_rows = cql::kMaxFrameRows;
    options.max_bytes = cql::kMaxBodyBytes;
    const Encoded encoded = encode(made.batch, 0, rows.size(), options);
    CHECK_EQ(encoded.frames, 2u);
    CHECK_EQ(encoded.at(3, 0), 65535u);
    CHECK_EQ(encoded.bytes[10], 0xff);
    CHECK_EQ(encoded.bytes[11], 0xff);
    const CqlRows last(rows.begin() + 65535, rows.end());
    CHECK(Bytes(encoded.bytes.begin() + encoded.at(0, 1), encoded.bytes.end()) ==
          frame_bytes(last, options));
  }
}

void test_random_batches(Random& random, size_t batches) {
  for (size_t i = 0; i < batches; ++i) {
    const cql::Layout layout = random.next() % 2 == 0 ? cql::Layout::kNode : cql::Layout::kTile;
    const CqlRows rows = random_rows(random, 1 + random.next() % 120, layout);
    std::vector<int64_t> tokens(1 + random.next() % 12);
    for (int64_t& token : tokens) token = static_cast<int64_t>(random.next());
    std::sort(tokens.begin(), tokens.end());
    std::vector<uint32_t> sets(tokens.size());
    for (uint32_t& set : sets) set = static_cast<uint32_t>(random.next() % 3);
    Bytes id(1 + random.next() % cql::kMaxIdBytes);
    std::iota(id.begin(), id.end(), static_cast<uint8_t>(random.next()));
    cql::FrameOptions options = options_for(layout);
    options.null_material = random.next() % 2 == 0 ? cql::NullAs::kNull : cql::NullAs::kUnset;
    options.consistency = static_cast<uint16_t>(random.next() % 11);
    options.max_rows = static_cast<uint32_t>(1 + random.next() % 40);
    options.max_bytes = random.next() % 8000;
    options.timestamp_us = static_cast<int64_t>(random.next() >> 1);
    options.prepared_id = id;
    options.ring = {tokens, sets};
    const size_t begin = random.next() % (rows.size() + 1);
    const size_t end = begin + random.next() % (rows.size() - begin + 1);
    check_rows(rows, options);
    check_rows(rows, begin, end, options);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20;
  Random random(71);
  test_known_bytes();
  test_no_rows();
  test_replica_set_changes(random);
  test_ring_wraps(random);
  test_partition_ends();
  test_sizes(random);
  test_many_rows();
  test_random_batches(random, 20 * effort);
  return check_report("cql frames");
}
