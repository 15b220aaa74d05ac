// What the encoder refuses, row by row, and how much room it takes.
#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>
#include <vector>

#include "../../native/envelope/envelope.h"
#include "check.h"
#include "envelope_random.h"
#include "envelope_rows.h"
#include "random.h"

using namespace octoload;
using namespace octoload::test;
using envelope::Dictionary;
using envelope::kBlob;
using envelope::kInteger;
using envelope::kNull;
using envelope::kReal;
using envelope::kText;

namespace {

uint8_t status_of(const TestRow& row) {
  const Encoded encoded = encode_rows({row}, kFrames[0], nullptr);
  CHECK_EQ(encoded.result.rejected, encoded.status[0] == kRowOk ? 0u : 1u);
  CHECK(encoded.status[0] == kRowOk || encoded.offsets[1] == 0);
  return encoded.status[0];
}

TestRow plain_row() {
  TestRow row;
  row.level = 5;
  row.cell = 0x7FFF;
  for (uint64_t& bits : row.xyz) bits = __builtin_bit_cast(uint64_t, 12.5);
  row.id = TestValue::integer(1);
  row.density = TestValue::real(1);
  row.created = TestValue::null();
  row.metadata = TestValue::text("granite");
  return row;
}

uint8_t status_of_key(uint8_t level, uint64_t tile, uint16_t cell) {
  TestRow row = plain_row();
  row.level = level;
  row.tile = tile;
  row.cell = cell;
  return status_of(row);
}

void test_keys() {
  CHECK_EQ(status_of_key(0, 0, 0), kRowOk);
  CHECK_EQ(status_of_key(0, 0, 1), kRowBadCode);
  CHECK_EQ(status_of_key(0, 1, 0), kRowBadCode);
  CHECK_EQ(status_of_key(4, 0, 0xFFF), kRowOk);
  CHECK_EQ(status_of_key(4, 0, 0x1000), kRowBadCode);
  CHECK_EQ(status_of_key(5, 0, 0x7FFF), kRowOk);
  CHECK_EQ(status_of_key(5, 0, 0x8000), kRowBadCode);
  CHECK_EQ(status_of_key(5, 1, 0), kRowBadCode);
  CHECK_EQ(status_of_key(26, ~uint64_t{0} >> 1, 0x7FFF), kRowOk);
  CHECK_EQ(status_of_key(26, uint64_t{1} << 63, 0), kRowBadCode);
  CHECK_EQ(status_of_key(26, 0, 0x8000), kRowBadCode);
  CHECK_EQ(status_of_key(27, 0, 0), kRowBadLevel);
  CHECK_EQ(status_of_key(255, 0, 0), kRowBadLevel);
}

uint8_t status_of_code(uint8_t level, uint64_t code) {
  const TestColumns columns({plain_row()});
  envelope::Columns by_code = columns.columns_;
  by_code.keys = {&code, nullptr, nullptr, level};
  return encode_columns(by_code, kFrames[0], nullptr).status[0];
}

void test_codes() {
  CHECK_EQ(status_of_code(21, (uint64_t{1} << 63) - 1), kRowOk);
  CHECK_EQ(status_of_code(21, uint64_t{1} << 63), kRowBadCode);
  CHECK_EQ(status_of_code(1, 7), kRowOk);
  CHECK_EQ(status_of_code(1, 8), kRowBadCode);
  CHECK_EQ(status_of_code(22, 0), kRowBadLevel);
}

void test_kinds() {
  for (unsigned kind = 0; kind < 256; ++kind) {
    const bool known = kind <= kNull;
    const auto check_value = [&](TestValue TestRow::*member) {
      TestRow row = plain_row();
      (row.*member).kind = static_cast<uint8_t>(kind);
      CHECK_EQ(status_of(row), known ? kRowOk : kRowBadKind);
    };
    check_value(&TestRow::id);
    check_value(&TestRow::density);
    check_value(&TestRow::created);
    check_value(&TestRow::metadata);
    for (unsigned k = 0; k < envelope::kOriginals; ++k) {
      TestRow row = plain_row();
      for (uint64_t& bits : row.xyz) bits = __builtin_bit_cast(uint64_t, 12.0);
      row.originals[k].kind = static_cast<uint8_t>(kind);
      const bool allowed = kind <= kBlob && (k <= envelope::kZ || kind != kReal);
      CHECK_EQ(status_of(row), allowed ? kRowOk : kRowBadKind);
    }
    TestRow row = plain_row();
    row.column_set = 1;
    row.extras.resize(3);
    row.extras[2].kind = static_cast<uint8_t>(kind);
    CHECK_EQ(status_of(row), known ? kRowOk : kRowBadKind);
  }
}

void test_integer_coordinates() {
  const auto status = [](double coordinate) {
    TestRow row = plain_row();
    row.originals[1].kind = kInteger;
    row.xyz[1] = __builtin_bit_cast(uint64_t, coordinate);
    return status_of(row);
  };
  for (const double good : {0.0, 1.0, -7.0, 0x1p53, -0x1p63, 0x1.fffffffffffffp62}) {
    CHECK_EQ(status(good), kRowOk);
  }
  for (const double bad :
       {-0.0, 0.5, -1e-300, 0x1p63, -0x1.0000000000001p63, 1e300,
        std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
        std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_EQ(status(bad), kRowNotInteger);
  }
}

uint8_t status_of_slot(uint64_t slot, size_t bytes,
                       envelope::ValueColumn envelope::Columns::*member) {
  const TestColumns columns({plain_row()});
  envelope::Columns changed = columns.columns_;
  const Bytes buffer(bytes, 'x');
  changed.metadata = {nullptr, kNull, nullptr};
  changed.*member = {nullptr, kText, &slot};
  changed.bytes = buffer;
  return encode_columns(changed, kFrames[0], nullptr).status[0];
}

void test_slots() {
  constexpr uint64_t kMax = envelope::kMaxValueBytes;
  for (const auto member :
       {&envelope::Columns::id, &envelope::Columns::created, &envelope::Columns::metadata}) {
    CHECK_EQ(status_of_slot(0, 0, member), kRowOk);
    CHECK_EQ(status_of_slot(10, 10, member), kRowOk);
    CHECK_EQ(status_of_slot(11, 10, member), kRowBadSlot);
    CHECK_EQ(status_of_slot(3 | uint64_t{7} << 32, 10, member), kRowOk);
    CHECK_EQ(status_of_slot(3 | uint64_t{8} << 32, 10, member), kRowBadSlot);
    CHECK_EQ(status_of_slot(~uint64_t{0}, 10, member), kRowBadSlot);
    CHECK_EQ(status_of_slot(1 | kMax << 32, kMax + 1, member), kRowOk);
    CHECK_EQ(status_of_slot((kMax + 1) << 32, kMax + 1, member), kRowTooLarge);
  }
}

// 16 MiB each, incompressible, so that five of them are over 64 MiB.
void test_large_envelope(Random& random) {
  Bytes noise(envelope::kMaxValueBytes);
  for (size_t i = 0; i + 8 <= noise.size(); i += 8) {
    const uint64_t word = random.next();
    std::memcpy(noise.data() + i, &word, 8);
  }
  const TestColumns columns({plain_row(), plain_row()});
  envelope::Columns large = columns.columns_;
  const uint64_t slots[] = {uint64_t{noise.size()} << 32, 0};
  const uint8_t kinds[] = {kBlob, kNull};
  const envelope::ValueColumn column{kinds, 0, slots};
  large.bytes = noise;
  large.id = large.density = large.metadata = column;
  Encoded encoded = encode_columns(large, kFrames[0], nullptr);
  CHECK_EQ(encoded.result.rejected, 0u);
  CHECK_EQ(encoded.offsets[1] / noise.size(), 3u);
  large.created = large.originals[0] = column;
  const uint8_t original_kinds[] = {kBlob, kReal};
  large.originals[0].kinds = original_kinds;
  encoded = encode_columns(large, kFrames[0], nullptr);
  CHECK_EQ(encoded.status[0], kRowTooLarge);
  CHECK_EQ(encoded.status[1], kRowOk);
  CHECK_EQ(encoded.offsets[1], 0u);
}

// A bad row is left out; its neighbours are as they would be without it.
void test_bad_rows_between(Random& random) {
  std::vector<TestRow> rows = random_rows(kFrames[1], random, 200);
  std::vector<TestRow> mixed = rows;
  for (size_t i = 0; i < mixed.size(); i += 3) {
    if (i % 2 == 0) mixed[i].level = 99;
    if (i % 2 != 0) mixed[i].metadata.kind = 6;
  }
  const Encoded good = encode_rows(rows, kFrames[1], nullptr);
  const Encoded encoded = encode_rows(mixed, kFrames[1], nullptr);
  CHECK_EQ(encoded.result.rejected, 67u);
  for (size_t i = 0; i < mixed.size(); ++i) {
    CHECK_EQ(encoded.status[i], i % 3 != 0 ? kRowOk : i % 2 == 0 ? kRowBadLevel : kRowBadKind);
    CHECK(encoded.envelope(i) == (i % 3 == 0 ? Bytes{} : good.envelope(i)));
  }
}

void test_column_sets() {
  const TestColumns columns({plain_row()});
  const auto status = [&](size_t count) {
    const std::vector<envelope::ValueColumn> extras(count);
    envelope::Columns changed = columns.columns_;
    changed.column_set = 7;
    changed.extras = extras;
    return encode_columns(changed, kFrames[0], nullptr).status[0];
  };
  CHECK_EQ(status(0), kRowBadKind);
  CHECK_EQ(status(1), kRowOk);
  CHECK_EQ(status(envelope::kMaxExtraColumns), kRowOk);
  CHECK_EQ(status(envelope::kMaxExtraColumns + 1), kRowTooLarge);
}

// Any room: all the rows, or overflow; never a byte beyond.
void test_encode_overflow(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    const TestColumns columns(random_rows(kFrames[2], random, 5));
    const Encoded whole = encode_columns(columns.columns_, kFrames[2], nullptr);
    for (size_t room = 0; room < 2 * whole.bytes.size(); room += 1 + random.next() % 97) {
      Bytes bytes(room);
      std::vector<uint32_t> offsets(6);
      std::vector<uint8_t> status(5);
      const auto result = envelope::encode(columns.columns_, kFrames[2], nullptr,
                                           {bytes, offsets.data(), status.data()});
      if (room < whole.bytes.size()) CHECK(result.overflow);
      if (result.overflow) continue;
      bytes.resize(offsets[5]);
      CHECK(bytes == whole.bytes);
    }
  }
}

// Rows that need all the room a row can: every number at its longest.
void test_bound_suffices(Random& random) {
  const auto dictionary = Dictionary::create(~0u, Bytes(100, 'x'));
  const TestValue longest = TestValue::integer(INT64_MIN);
  TestRow row = plain_row();
  for (unsigned k = 0; k < envelope::kOriginals; ++k) row.originals[k] = TestValue::text("12");
  for (uint64_t& bits : row.xyz) bits = random.next();
  row.id = TestValue::real(0.1);
  row.density = longest;
  row.created = longest;
  for (const size_t extras : {0u, 1u, 2u, 3u, 1000u, 2000u}) {
    row.column_set = extras == 0 ? 0 : ~0u;
    row.extras.assign(extras, longest);
    for (size_t length = 0; length < 100; ++length) {
      row.metadata = length == 0 ? longest : TestValue{kBlob, 0, Bytes(length)};
      for (uint8_t& byte : row.metadata.bytes) byte = static_cast<uint8_t>(random.next());
      const Encoded encoded = encode_rows({row}, kFrames[0], dictionary.get());
      CHECK(!encoded.result.overflow);
      CHECK_EQ(encoded.status[0], kRowOk);
    }
  }
}

void test_dictionary_limits() {
  const Bytes bytes(envelope::kMaxDictionaryBytes + 1, 'x');
  const std::span<const uint8_t> span(bytes);
  CHECK(Dictionary::create(0, span.first(10)) == nullptr);
  CHECK(Dictionary::create(1, span.first(0)) == nullptr);
  CHECK(Dictionary::create(1, span) == nullptr);
  const auto largest = Dictionary::create(~0u, span.first(envelope::kMaxDictionaryBytes));
  if (!CHECK(largest != nullptr)) return;
  CHECK_EQ(largest->number(), ~0u);
  CHECK_EQ(largest->bytes().size(), envelope::kMaxDictionaryBytes);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
  Random random(2);
  test_keys();
  test_codes();
  test_kinds();
  test_integer_coordinates();
  test_slots();
  test_large_envelope(random);
  test_bad_rows_between(random);
  test_column_sets();
  test_encode_overflow(random, 5 * effort);
  test_bound_suffices(random);
  test_dictionary_limits();
  return check_report("envelope_refusal");
}
