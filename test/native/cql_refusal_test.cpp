// What the encoder of CQL frames refuses: keys, options and sizes out of their
// ranges, and a batch that is not the one that was cut.
#include <cstdlib>
#include <memory>

#include "../../native/cql/frame_writer.h"
#include "cql_calls.h"

using namespace octoload;
using namespace octoload::test;

namespace {

void check_rows(const CqlRows& rows, const cql::FrameOptions& options) {
  const Batch made(rows);
  Bytes all;
  for (const CqlFrame& frame : cut_dully(rows, 0, rows.size(), options)) {
    all.insert(all.end(), frame.bytes.begin(), frame.bytes.end());
  }
  CHECK(encode(made.batch, 0, rows.size(), options).bytes == all);
}

void check_refusal(const CqlRows& rows, const cql::FrameOptions& options, cql::Code code,
                   size_t row) {
  const Batch made(rows);
  const Encoded encoded = encode(made.batch, 0, rows.size(), options);
  CHECK_EQ(static_cast<int>(encoded.status.code), static_cast<int>(code));
  CHECK_EQ(encoded.status.detail, row);
  CHECK_EQ(encoded.frames, 0u);
}

void test_bad_keys(Random& random) {
  const cql::FrameOptions node = options_for(cql::Layout::kNode);
  const cql::FrameOptions tile = options_for(cql::Layout::kTile);
  for (const size_t bad : {0, 1, 255, 256, 299}) {
    CqlRows rows = random_rows(random, 300, cql::Layout::kNode);
    rows[bad] = {1, 1, 22, 0, false, 0, 1, 0, {}};
    check_refusal(rows, node, cql::Code::kLevelTooDeep, bad);
    rows[bad].level = 27;
    check_refusal(rows, tile, cql::Code::kLevelTooDeep, bad);
    rows[bad] = {1, 0, 5, 0, false, 0, 1, 0, {}};
    check_refusal(rows, node, cql::Code::kBadKey, bad);
    check_refusal(rows, tile, cql::Code::kBadKey, bad);
    rows[bad] = {1, 0x8000, 21, 0, false, 0, 1, 0, {}};
    check_refusal(rows, node, cql::Code::kBadKey, bad);
    check_refusal(rows, tile, cql::Code::kBadKey, bad);
  }
  // The deepest of each layout.
  CqlRow row{~uint64_t{0} >> 16, 0x7fff, 21, 0, false, 0, 1, 0, {1}};
  check_rows({row, row}, node);
  row = {~uint64_t{0} >> 1, 0x7fff, 26, 0, false, 0, 1, 0, {1}};
  check_rows({row, row}, tile);
}

void test_bad_options() {
  const Batch made({CqlRow{}, CqlRow{}});
  const auto refused = [&](size_t begin, size_t end, auto change) {
    cql::FrameOptions options = options_for(cql::Layout::kNode);
    change(&options);
    return encode_into(made.batch, begin, end, options, 1000, 2).status.code ==
           cql::Code::kBadArgument;
  };
  CHECK(!refused(0, 2, [](cql::FrameOptions*) {}));
  CHECK(refused(0, 3, [](cql::FrameOptions*) {}));
  CHECK(refused(2, 1, [](cql::FrameOptions*) {}));
  CHECK(refused(0, 2, [](cql::FrameOptions* o) { o->max_rows = 0; }));
  CHECK(refused(0, 2, [](cql::FrameOptions* o) { o->max_rows = 65536; }));
  CHECK(refused(0, 2, [](cql::FrameOptions* o) { o->max_bytes = cql::kMaxBodyBytes + 1; }));
  CHECK(refused(0, 2, [](cql::FrameOptions* o) { o->timestamp_us = -1; }));
  CHECK(refused(0, 2, [](cql::FrameOptions* o) { o->prepared_id = {}; }));
  CHECK(refused(0, 2, [](cql::FrameOptions* o) { o->ring = {}; }));
  CHECK(refused(0, 2, [](cql::FrameOptions* o) { o->ring.sets = {}; }));
  const std::vector<uint8_t> long_id(cql::kMaxIdBytes + 1);
  CHECK(refused(0, 2, [&](cql::FrameOptions* o) { o->prepared_id = long_id; }));
  const cql::FrameOptions options = options_for(cql::Layout::kNode);
  CHECK(encode_into(made.batch, 0, 2, options, 1000, 1).status.code == cql::Code::kBadArgument);
}

// Lengths that no memory stands behind: told before a byte is read.
void test_too_large() {
  const Batch made(CqlRows(20));
  const auto code_of = [&](std::vector<uint32_t> offsets, uint64_t* row) {
    batch::SinkBatch lying = made.batch;
    lying.rows = offsets.size() - 1;
    lying.offsets = offsets.data();
    const Encoded encoded =
        encode_into(lying, 0, lying.rows, options_for(cql::Layout::kNode), 100'000, lying.rows);
    *row = encoded.status.detail;
    return encoded.status.code;
  };
  uint64_t row = 0;
  CHECK(code_of({0, 3, 3 + (256u << 20)}, &row) == cql::Code::kTooLarge);
  CHECK_EQ(row, 1u);
  // All frames within their bound, their sum beyond 32 bits.
  std::vector<uint32_t> offsets;
  for (uint32_t i = 0; i <= 17; ++i) offsets.push_back(i * (UINT32_MAX / 17));
  CHECK(code_of(offsets, &row) == cql::Code::kTooLarge);
  CHECK_EQ(row, 16u);
  // Lengths below the bound, but beyond the envelopes there are.
  CHECK(code_of({0, 10}, &row) == cql::Code::kBadArgument);
  CHECK(code_of({8, 4}, &row) == cql::Code::kTooLarge);
}

// A batch that is not the one that was cut: no byte beyond the frame.
void test_changed_batch(Random& random) {
  for (const cql::Layout layout : {cql::Layout::kNode, cql::Layout::kTile}) {
    CqlRows rows(5, random_row(random, 5, 100));
    const Batch made(rows);
    const cql::FrameOptions options = options_for(layout);
    const cql::FrameWriter writer(made.batch, options);
    for (const size_t count : {1, 2, 5}) {
      const size_t size =
          frame_bytes(CqlRows(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(count)), options)
              .size();
      for (size_t given = 60; given <= size + 40; ++given) {
        // Of that very size on the heap: the sanitizer knows its end.
        const auto frame = std::make_unique<uint8_t[]>(given);
        CHECK_EQ(writer.write(0, static_cast<uint32_t>(count), {frame.get(), given}),
                 given == size);
      }
    }
  }
}

}  // namespace

int main() {
  Random random(72);
  test_bad_keys(random);
  test_bad_options();
  test_too_large();
  test_changed_batch(random);
  return check_report("cql refusals");
}
