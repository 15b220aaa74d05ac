// How much room the codec asks for, and that it makes do with exactly what a
// batch takes.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "../../native/envelope/envelope.h"
#include "check.h"
#include "envelope_random.h"
#include "envelope_reference.h"
#include "envelope_rows.h"
#include "random.h"

using namespace octoload;
using namespace octoload::test;
using envelope::Dictionary;
using envelope::Envelopes;
using envelope::kMaxValueBytes;
using envelope::kText;

namespace {

std::shared_ptr<const Dictionary> make_dictionary(Random& random) {
  std::string text;
  while (text.size() < 3000) text += random_json(random);
  return Dictionary::create(7, Bytes(text.begin(), text.end()));
}

// A batch of encoded rows, which can be decoded into any room.
struct Batch {
  Batch(const std::vector<TestRow>& rows, const Dictionary* given)
      : columns(rows),
        encoded(encode_columns(columns.columns_, kFrames[0], given)),
        dictionary(given) {}

  Envelopes envelopes() const {
    return {columns.columns_.count, columns.columns_.keys, encoded.bytes, encoded.offsets.data()};
  }
  Decoded decode(DecodeRoom room = {}) const {
    return decode_envelopes(envelopes(), kFrames[0], dictionary, room);
  }

  const TestColumns columns;
  Encoded encoded;
  const Dictionary* const dictionary;
};

size_t text_bytes(const std::vector<TestRow>& rows) {
  size_t sum = 0;
  for (const TestRow& row : rows) {
    for (const TestValue* value : {&row.id, &row.density, &row.created, &row.metadata}) {
      sum += value->bytes.size();
    }
    for (const TestValue& value : row.originals) sum += value.bytes.size();
    for (const TestValue& value : row.extras) sum += value.bytes.size();
  }
  return sum;
}

void test_exact_room(Random& random, size_t rounds, const Dictionary* dictionary) {
  for (size_t round = 0; round < rounds; ++round) {
    const std::vector<TestRow> rows = random_rows(kFrames[0], random, 1 + random.next() % 12);
    const Batch batch(rows, dictionary);
    const Decoded roomy = batch.decode();
    CHECK_EQ(roomy.bytes_used, text_bytes(rows));
    const Decoded exact = batch.decode({roomy.bytes_used, rows[0].extras.size()});
    if (!CHECK(!exact.result.overflow)) continue;
    CHECK_EQ(exact.bytes_used, roomy.bytes_used);
    CHECK(exact.rows == roomy.rows);
    if (roomy.bytes_used == 0) continue;
    CHECK(batch.decode({roomy.bytes_used - 1, SIZE_MAX}).result.overflow);
  }
}

// Every shape of timestamp at the very end of the room.
void test_exact_timestamps() {
  for (uint8_t kind = envelope::kFirstTimestampKind; kind <= envelope::kLastTimestampKind; ++kind) {
    uint8_t text[envelope::kMaxTimestampBytes];
    const size_t length = envelope::render_timestamp(kind, 1'714'566'896, text);
    if (!CHECK(length != 0)) continue;
    TestRow row;
    row.created = {kText, 0, {text, text + length}};
    const Batch batch({row}, nullptr);
    const Decoded exact = batch.decode({length, 0});
    if (!CHECK(!exact.result.overflow)) continue;
    CHECK(exact.rows[0].created == row.created);
    CHECK(batch.decode({length - 1, 0}).result.overflow);
  }
}

// A bad row never stops the batch: whatever the last row claims to hold, the
// room that was enough for it is enough for its refusal.
void test_bad_last_row(Random& random, size_t rounds, const Dictionary* dictionary) {
  size_t rejected = 0;
  for (size_t round = 0; round < rounds; ++round) {
    Batch batch(random_rows(kFrames[0], random, 3), dictionary);
    const Decoded roomy = batch.decode();
    const size_t extras = roomy.rows[0].extras.size();
    const size_t begin = batch.encoded.offsets[2];
    if (batch.encoded.bytes.size() - begin > 1000) continue;
    for (size_t bit = 8 * begin; bit < 8 * batch.encoded.bytes.size(); ++bit) {
      const auto mask = static_cast<uint8_t>(1 << (bit % 8));
      batch.encoded.bytes[bit / 8] ^= mask;
      const Decoded damaged = batch.decode({roomy.bytes_used, extras});
      batch.encoded.bytes[bit / 8] ^= mask;
      if (!CHECK(!damaged.result.overflow)) continue;
      rejected += damaged.result.rejected;
      CHECK(damaged.rows[1] == roomy.rows[1]);
      if (damaged.status[2] == kRowOk) CHECK(damaged.rows[2] == roomy.rows[2]);
    }
  }
  CHECK(rejected > 0);
}

// Sound but for its key, and far longer than the room: refused. With its own
// key it does not fit.
void test_long_row_of_another_cell() {
  TestRow row;
  row.level = 3;
  row.metadata = TestValue::text(std::string(1'000'000, 'a'));
  const Batch batch({row, row, row}, nullptr);
  CHECK(batch.decode({2'000'000, 0}).result.overflow);
  uint16_t cells[] = {0, 1, 0};
  Envelopes envelopes = batch.envelopes();
  envelopes.keys.cells = cells;
  const Decoded decoded = decode_envelopes(envelopes, kFrames[0], nullptr, {2'000'000, 0});
  if (!CHECK(!decoded.result.overflow)) return;
  CHECK_EQ(decoded.status[1], kRowBadChecksum);
  CHECK_EQ(decoded.bytes_used, 2'000'000u);
  cells[2] = 1;
  const Decoded less = decode_envelopes(envelopes, kFrames[0], nullptr, {1'000'000, 0});
  CHECK_EQ(less.result.rejected, 2u);
  CHECK(!less.result.overflow);
}

// The reference encodes what the encoder refuses, a fraction as an INTEGER x:
// the last thing that decoding looks at.
void test_long_malformed_row() {
  TestRow row;
  row.metadata = TestValue::text(std::string(100'000, 'a'));
  row.xyz[0] = __builtin_bit_cast(uint64_t, 0.5);
  for (const bool is_good : {true, false}) {
    row.originals[0].kind = is_good ? envelope::kReal : envelope::kInteger;
    Batch batch({row}, nullptr);
    batch.encoded.bytes = Reference(row, kFrames[0], nullptr).encode();
    batch.encoded.offsets = {0, static_cast<uint32_t>(batch.encoded.bytes.size())};
    CHECK_EQ(batch.decode().result.rejected, is_good ? 0u : 1u);
    const Decoded decoded = batch.decode({99'999, 0});
    CHECK_EQ(decoded.result.overflow, is_good);
    if (!is_good) CHECK_EQ(decoded.status[0], kRowMalformed);
  }
}

void test_encode_bound_of_bad_slots() {
  const uint64_t length = uint64_t{kMaxValueBytes} << 32;
  const std::vector<uint64_t> slots(300, length);
  const Bytes bytes(10);
  envelope::Columns columns;
  columns.count = slots.size();
  columns.metadata = {nullptr, kText, slots.data()};
  columns.bytes = bytes;
  CHECK(envelope::encode_bound(columns) < 100'000);
  columns.bytes = {};
  CHECK(envelope::encode_bound(columns) < 100'000);
}

void test_encode_bound_over_4_gib() {
  const std::vector<uint64_t> slots(300, uint64_t{kMaxValueBytes} << 32);
  const Bytes bytes(kMaxValueBytes);
  envelope::Columns columns;
  columns.count = slots.size();
  columns.metadata = {nullptr, kText, slots.data()};
  columns.bytes = bytes;
  CHECK_EQ(envelope::encode_bound(columns), SIZE_MAX);
  columns.count = 200;
  CHECK(envelope::encode_bound(columns) > size_t{200} * kMaxValueBytes);
  columns.count = size_t{1} << 40;
  columns.metadata = {};
  CHECK_EQ(envelope::encode_bound(columns), SIZE_MAX);
}

// A metadata length of 16 MiB, which the LZ4 block is long enough for, in
// envelopes that do not parse.
void test_decode_bound_of_bad_rows() {
  constexpr size_t kRows = 260;
  constexpr uint32_t kRowBytes = 66'000;
  Bytes bytes(kRows * kRowBytes);
  std::vector<uint32_t> offsets;
  for (uint32_t row = 0; row <= kRows; ++row) offsets.push_back(row * kRowBytes);
  const Bytes head = {1, 1, 0x80, 0x80, 0x80, 0x08};
  for (size_t row = 0; row < kRows; ++row) {
    std::copy(head.begin(), head.end(), bytes.data() + offsets[row]);
  }
  const Envelopes envelopes{kRows, {}, bytes, offsets.data()};
  CHECK(envelope::decode_bound(envelopes).bytes <= 2 * bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
  Random random(17);
  const auto dictionary = make_dictionary(random);
  for (const Dictionary* given : {static_cast<const Dictionary*>(nullptr), dictionary.get()}) {
    test_exact_room(random, 100 * effort, given);
    test_bad_last_row(random, 2 + 5 * effort, given);
  }
  test_exact_timestamps();
  test_long_row_of_another_cell();
  test_long_malformed_row();
  test_encode_bound_of_bad_slots();
  test_encode_bound_over_4_gib();
  test_decode_bound_of_bad_rows();
  return check_report("envelope_room");
}
