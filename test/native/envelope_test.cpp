// The envelope codec: against a reference encoder, and there and back.
#include "../../native/envelope/envelope.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "check.h"
#include "envelope_random.h"
#include "envelope_reference.h"
#include "envelope_rows.h"
#include "random.h"

using namespace octoload;
using namespace octoload::test;
using envelope::Dictionary;

namespace {

std::shared_ptr<const Dictionary> json_dictionary(Random& random) {
  std::string text;
  while (text.size() < 4000) text += random_json(random);
  const auto number = static_cast<uint32_t>(random_width_bits(random) | 1);
  return Dictionary::create(number, Bytes(text.begin(), text.end()));
}

envelope::Envelopes envelopes_of(const Encoded& encoded, const TestColumns& columns) {
  return {columns.columns_.count, columns.columns_.keys, encoded.bytes, encoded.offsets.data()};
}

// The decoder gives no keys back.
TestRow without_key(TestRow row) {
  row.level = 0;
  row.tile = 0;
  row.cell = 0;
  return row;
}

void check_round_trip(const std::vector<TestRow>& rows, const Frame& frame,
                      const Dictionary* dictionary) {
  const TestColumns columns(rows);
  const Encoded encoded = encode_columns(columns.columns_, frame, dictionary);
  CHECK(!encoded.result.overflow);
  CHECK_EQ(encoded.result.rejected, 0u);
  for (size_t i = 0; i < rows.size(); ++i) {
    CHECK(encoded.envelope(i) == Reference(rows[i], frame, dictionary).encode());
  }
  const Decoded decoded = decode_envelopes(envelopes_of(encoded, columns), frame, dictionary);
  CHECK(!decoded.result.overflow);
  CHECK_EQ(decoded.result.rejected, 0u);
  if (!CHECK_EQ(decoded.rows.size(), rows.size())) return;
  for (size_t i = 0; i < rows.size(); ++i) {
    CHECK_EQ(decoded.status[i], kRowOk);
    CHECK(decoded.rows[i] == without_key(rows[i]));
  }
}

void test_round_trips(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    const Frame& frame = kFrames[random.next() % 3];
    const auto dictionary = one_in(random, 2) ? json_dictionary(random) : nullptr;
    check_round_trip(random_rows(frame, random, random.next() % 60), frame, dictionary.get());
  }
}

// An envelope depends on its row alone: not on the rows before it, nor on the
// batch it is in.
void test_batch_identity(Random& random) {
  const Frame& frame = kFrames[0];
  for (const auto& dictionary : {std::shared_ptr<const Dictionary>{}, json_dictionary(random)}) {
    std::vector<TestRow> rows;
    for (size_t i = 0; i < 3000; ++i) rows.push_back(random_row(frame, random, 0, 0));
    const Encoded whole = encode_rows(rows, frame, dictionary.get());
    for (size_t i = 0; i < rows.size(); i += 7) {
      const Encoded alone = encode_rows({rows[i]}, frame, dictionary.get());
      CHECK(alone.bytes == whole.envelope(i));
    }
    std::vector<size_t> order(rows.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.next() % i]);
    std::vector<TestRow> shuffled;
    for (const size_t i : order) shuffled.push_back(rows[i]);
    const Encoded again = encode_rows(shuffled, frame, dictionary.get());
    for (size_t i = 0; i < order.size(); ++i) {
      CHECK(again.envelope(i) == whole.envelope(order[i]));
    }
  }
}

// docs/envelope.md's own example, by hand: level 0, id 5, density 0.5.
void test_known_bytes() {
  TestRow row;
  for (size_t axis = 0; axis < 3; ++axis) row.xyz[axis] = reference_center(row, kFrames[0], axis);
  row.id = TestValue::integer(5);
  row.density = TestValue::real(0.5);
  row.created = TestValue::text("1970-01-01T00:00:00.064Z");
  row.metadata = TestValue::null();
  Bytes bytes = encode_rows({row}, kFrames[0], nullptr).bytes;
  if (!CHECK_EQ(bytes.size(), 13u)) return;
  bytes.resize(9);
  CHECK((bytes == Bytes{0x01, 0x00, 0x59, 0x21, 0x0A, 0xE0, 0x3F, 0x80, 0x01}));
}

// Envelopes of several batches, and so of several column sets, decoded in one.
void test_mixed_column_sets(Random& random) {
  std::vector<TestRow> rows;
  Encoded all;
  all.offsets = {0};
  for (const size_t extras : {3u, 7u, 0u, 2000u, 1u}) {
    const auto set = static_cast<uint32_t>(extras);
    rows.push_back(random_row(kFrames[0], random, set, extras));
    const Bytes envelope = encode_rows({rows.back()}, kFrames[0], nullptr).bytes;
    all.bytes.insert(all.bytes.end(), envelope.begin(), envelope.end());
    all.offsets.push_back(static_cast<uint32_t>(all.bytes.size()));
  }
  std::vector<TestRow> keys = rows;
  for (TestRow& row : keys) row.extras.clear();
  const TestColumns columns(keys);
  const Decoded decoded = decode_envelopes(envelopes_of(all, columns), kFrames[0], nullptr);
  if (!CHECK(!decoded.result.overflow)) return;
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].extras.resize(2000);
    CHECK(decoded.rows[i] == without_key(rows[i]));
  }
}

// One row by its whole code, the level given for all rows.
Encoded encode_by_code(const TestColumns& columns, uint64_t code, uint8_t level) {
  envelope::Columns by_code = columns.columns_;
  by_code.keys = {&code, nullptr, nullptr, level};
  return encode_columns(by_code, kFrames[0], nullptr);
}

void test_codes(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    TestRow row = random_row(kFrames[0], random, 0, 0);
    if (row.level > kMaxCodeLevel) continue;
    const TestColumns columns({row});
    const Encoded encoded = encode_by_code(columns, row.tile << 15 | row.cell, row.level);
    CHECK(encoded.bytes == encode_columns(columns.columns_, kFrames[0], nullptr).bytes);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
  Random random(1);
  test_known_bytes();
  test_round_trips(random, 60 * effort);
  test_batch_identity(random);
  test_mixed_column_sets(random);
  test_codes(random, 100 * effort);
  return check_report("envelope");
}
