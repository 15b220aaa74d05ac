// The decoder against bytes that no encoder wrote.
#include <algorithm>
#include <cmath>
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

namespace {

std::shared_ptr<const Dictionary> make_dictionary(Random& random, uint32_t number) {
  std::string text;
  while (text.size() < 3000) text += random_json(random);
  return Dictionary::create(number, Bytes(text.begin(), text.end()));
}

struct Sample {
  TestRow row;
  Bytes envelope;
};

std::vector<Sample> make_samples(Random& random, const Dictionary* dictionary, size_t count) {
  std::vector<Sample> samples;
  while (samples.size() < count) {
    for (const TestRow& row : random_rows(kFrames[0], random, 4)) {
      Sample sample{row, encode_rows({row}, kFrames[0], dictionary).bytes};
      if (sample.envelope.size() < 1000) samples.push_back(std::move(sample));
    }
  }
  return samples;
}

TestRow without_key(TestRow row) {
  row.level = 0;
  row.tile = 0;
  row.cell = 0;
  return row;
}

// The row of one envelope, alone in a buffer of its own length: a sanitizer
// sees a read beyond it.
Decoded decode_one(const Bytes& envelope, const TestRow& key, const Frame& frame,
                   const Dictionary* dictionary, DecodeRoom room = {}) {
  const Bytes exact(envelope);
  const uint32_t offsets[] = {0, static_cast<uint32_t>(exact.size())};
  return decode_envelopes({1, {&key.tile, &key.cell, &key.level, 0}, exact, offsets}, frame,
                          dictionary, room);
}

void check_empty(const Decoded& decoded, size_t row) {
  TestRow empty = without_key(decoded.rows[row]);
  for (uint64_t& bits : empty.xyz) {
    CHECK(std::isnan(__builtin_bit_cast(double, bits)));
    bits = 0;
  }
  TestRow expected;
  for (TestValue& original : expected.originals) original = TestValue{};
  expected.extras.resize(empty.extras.size());
  CHECK(empty == expected);
}

// An error with nothing in the columns, or the very row.
uint8_t check_error_or_same(const Bytes& envelope, const TestRow& row,
                            const Dictionary* dictionary) {
  const Decoded decoded = decode_one(envelope, row, kFrames[0], dictionary);
  if (!CHECK(!decoded.result.overflow)) return 0;
  if (decoded.status[0] == kRowOk) {
    CHECK(decoded.rows[0] == without_key(row));
  } else {
    CHECK(decoded.status[0] >= kRowTruncated && decoded.status[0] <= kRowBadChecksum);
    CHECK_EQ(decoded.bytes_used, 0u);
    check_empty(decoded, 0);
  }
  return decoded.status[0];
}

void test_flipped_bits(const Sample& sample, const Dictionary* dictionary) {
  Bytes envelope = sample.envelope;
  for (size_t bit = 0; bit < 8 * envelope.size(); ++bit) {
    const auto mask = static_cast<uint8_t>(1 << (bit % 8));
    envelope[bit / 8] ^= mask;
    check_error_or_same(envelope, sample.row, dictionary);
    envelope[bit / 8] ^= mask;
  }
}

void test_truncated(const Sample& sample, const Dictionary* dictionary) {
  Bytes envelope = sample.envelope;
  while (!envelope.empty()) {
    envelope.pop_back();
    CHECK(check_error_or_same(envelope, sample.row, dictionary) != kRowOk);
  }
  CHECK_EQ(check_error_or_same(envelope, sample.row, dictionary), kRowTruncated);
  envelope = sample.envelope;
  envelope.push_back(0);
  CHECK(check_error_or_same(envelope, sample.row, dictionary) != kRowOk);
}

// Checksummed again, so that the parser is not shielded by it.
Bytes sealed(Bytes envelope, const TestRow& key, const Frame& frame) {
  Bytes all = {envelope[0], envelope[1], 0, 0, 0, 0};
  all.insert(all.end(), envelope.begin() + 2, envelope.end());
  for (const double value : frame.min) append_low(all, __builtin_bit_cast(uint64_t, value), 8);
  for (const double value : frame.size) append_low(all, __builtin_bit_cast(uint64_t, value), 8);
  append_low(all, key.level, 1);
  append_low(all, key.tile, 8);
  append_low(all, key.cell, 2);
  append_low(envelope, reference_crc(all), 4);
  return envelope;
}

// Whatever is accepted must be a row: encoding it again and decoding that must
// give it back.
void test_garbage(Random& random, size_t rounds) {
  size_t accepted = 0;
  for (size_t round = 0; round < rounds; ++round) {
    Bytes envelope = {1, static_cast<uint8_t>(random.next() & random.next() & 0x1C)};
    for (size_t i = 2 + random.next() % 40; i > 0; --i) {
      const uint64_t any = random.next();
      envelope.push_back(static_cast<uint8_t>(any % 3 == 0 ? any >> 8 : any >> 8 & 0x33));
    }
    TestRow key;
    set_random_key(key, random);
    const Decoded decoded = decode_one(sealed(envelope, key, kFrames[1]), key, kFrames[1], nullptr);
    if (decoded.status[0] != kRowOk) {
      check_empty(decoded, 0);
      continue;
    }
    ++accepted;
    TestRow row = decoded.rows[0];
    row.level = key.level;
    row.tile = key.tile;
    row.cell = key.cell;
    const Bytes again = encode_rows({row}, kFrames[1], nullptr).bytes;
    CHECK(again.size() <= envelope.size() + 4);
    CHECK(decode_one(again, key, kFrames[1], nullptr).rows[0] == without_key(row));
  }
  CHECK(accepted > rounds / 100);
}

void test_other_place(const Sample& sample, const Dictionary* dictionary, Random& random) {
  const auto status = [&](const TestRow& key, const Frame& frame) {
    return decode_one(sample.envelope, key, frame, dictionary).status[0];
  };
  TestRow moved = sample.row;
  for (int i = 0; i < 5; ++i) {
    set_random_key(moved, random);
    const bool same = moved.level == sample.row.level && moved.tile == sample.row.tile &&
                      moved.cell == sample.row.cell;
    if (!same) CHECK_EQ(status(moved, kFrames[0]), kRowBadChecksum);
  }
  moved = sample.row;
  if (moved.level < kMaxLevel) {
    ++moved.level;
    CHECK_EQ(status(moved, kFrames[0]), kRowBadChecksum);
  }
  for (size_t k = 0; k < 6; ++k) {
    Frame frame = kFrames[0];
    double& value = k < 3 ? frame.min[k] : frame.size[k - 3];
    value = std::nextafter(value, 0.0);
    CHECK_EQ(status(sample.row, frame), kRowBadChecksum);
  }
  moved.level = 27;
  CHECK_EQ(status(moved, kFrames[0]), kRowBadLevel);
  moved.level = 0;
  moved.tile = 1;
  CHECK_EQ(status(moved, kFrames[0]), kRowBadCode);
}

TestRow minimal_row() {
  TestRow row;
  for (size_t axis = 0; axis < 3; ++axis) row.xyz[axis] = reference_center(row, kFrames[0], axis);
  row.id = TestValue::integer(0);
  row.density = TestValue::real(0);
  return row;
}

// One fault at a time, in bytes whose checksum is right.
void test_named_faults() {
  const TestRow row = minimal_row();
  const auto status = [&](Bytes bytes) {
    return decode_one(sealed(std::move(bytes), row, kFrames[0]), row, kFrames[0], nullptr)
        .status[0];
  };
  CHECK_EQ(status({1, 0, 0x00, 0x00}), kRowOk);
  CHECK_EQ(status({0, 0, 0x00, 0x00}), kRowBadVersion);
  CHECK_EQ(status({2, 0, 0x00, 0x00}), kRowBadVersion);
  CHECK_EQ(status({1, 0x20, 0x00, 0x00}), kRowMalformed);        // unknown flag
  CHECK_EQ(status({1, 2, 1, 0x00, 0x00}), kRowMalformed);        // DICTIONARY without LZ4
  CHECK_EQ(status({1, 1, 5, 0x00, 0x00}), kRowMalformed);        // LZ4 of no metadata
  CHECK_EQ(status({1, 1, 0, 0x30, 0x00, 0x00}), kRowMalformed);  // metadata length 0
  CHECK_EQ(status({1, 1, 5, 0x30, 0x00}), kRowMalformed);        // no block
  CHECK_EQ(status({1, 1, 5, 0x30, 0x00, 0x50}), kRowBadLz4);     // half a block
  CHECK_EQ(status({1, 3, 9, 5, 0x30, 0x00, 0x00}), kRowUnknownDictionary);
  CHECK_EQ(status({1, 3, 0, 5, 0x30, 0x00, 0x00}), kRowMalformed);  // dictionary number 0
  CHECK_EQ(status({1, 0, 0x0C, 0x00, 0}), kRowMalformed);           // created of kind 12
  CHECK_EQ(status({1, 0, 0x60, 0x00, 0}), kRowMalformed);           // metadata of kind 6
  CHECK_EQ(status({1, 0, 0x00, 0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0}), kRowMalformed);
  CHECK_EQ(status({1, 0, 0x00, 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0}), kRowMalformed);
  CHECK_EQ(status({1, 0, 0x00, 0x08, 1, 2, 3}), kRowTruncated);              // id of 8 bytes
  CHECK_EQ(status({1, 0, 0x00, 0x00, 7}), kRowMalformed);                    // a byte left over
  CHECK_EQ(status({1, 8, 0, 0, 0x21, 0x22, 0x11, 0x02}), kRowOk);            // the usual classes
  CHECK_EQ(status({1, 8, 0, 0, 0x21, 0x22, 0x11, 0x12}), kRowMalformed);     // padding
  CHECK_EQ(status({1, 8, 0, 0, 0x26, 0x22, 0x11, 0x02}), kRowMalformed);     // id of kind 6
  CHECK_EQ(status({1, 8, 0, 0, 0x51, 0x22, 0x11, 0x02}), kRowMalformed);     // x NULL
  CHECK_EQ(status({1, 8, 0, 0, 0x21, 0x22, 0x12, 0x02}), kRowMalformed);     // level REAL
  CHECK_EQ(status({1, 8, 0, 0, 0x21, 0x22, 0x51, 0x02}), kRowMalformed);     // material NULL
  CHECK_EQ(status({1, 8, 0, 1, 0x25, 0x22, 0x11, 0x02, 7}), kRowMalformed);  // NULL id, width 1
  CHECK_EQ(status({1, 8, 0, 0x10, 0x21, 0x22, 0x11, 0x05, 7}), kRowMalformed);
  CHECK_EQ(status({1, 8, 0, 0, 0x11, 0x22, 0x11, 0x02}), kRowOk);  // x INTEGER: the centre is 0
  CHECK_EQ(status({1, 12, 0, 0, 0x11, 0x22, 0x11, 0x02, 1, 0, 9}), kRowMalformed);  // and is not
  CHECK_EQ(status({1, 4, 0, 0, 0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), kRowMalformed);
  CHECK_EQ(status({1, 4, 0, 0, 0x00, 0x10}), kRowMalformed);  // padding
  CHECK_EQ(status({1, 4, 0, 0, 0x03, 0x00, 1, 2}), kRowTruncated);
  CHECK_EQ(status({1, 0, 0x01, 0, 0x80, 0x00}), kRowOk);  // a longer varint
  CHECK_EQ(status({1, 0, 0x01, 0, 0x80}), kRowTruncated);
  CHECK_EQ(status({1, 0, 0x01, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}), kRowOk);
  CHECK_EQ(status({1, 0, 0x01, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2}), kRowMalformed);
  CHECK_EQ(status({1, 0, 0x01, 0, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0}),
           kRowMalformed);
  CHECK_EQ(status({1, 0, 0x03, 0, 5, 'a', 'b'}), kRowTruncated);                   // a long TEXT
  CHECK_EQ(status({1, 0, 0x03, 0, 0x81, 0x80, 0x80, 0x08}), kRowMalformed);        // 16 MiB + 1
  CHECK_EQ(status({1, 0, 0x06, 0, 255, 255, 255, 255, 255, 127}), kRowMalformed);  // far future
  CHECK_EQ(status({1, 16, 0, 0, 1, 1, 0x05}), kRowOk);
  CHECK_EQ(status({1, 16, 0, 0, 0, 1, 0x05}), kRowMalformed);     // column set 0
  CHECK_EQ(status({1, 16, 0, 0, 1, 0}), kRowMalformed);           // no columns
  CHECK_EQ(status({1, 16, 0, 0, 1, 1, 0x15}), kRowMalformed);     // padding
  CHECK_EQ(status({1, 16, 0, 0, 1, 1, 0x06}), kRowMalformed);     // a kind of 6
  CHECK_EQ(status({1, 16, 0, 0, 1, 0xD1, 0x0F}), kRowMalformed);  // 2001 columns
  CHECK_EQ(status({1, 16, 0, 0, 1, 3, 0x55}), kRowTruncated);
}

// A length of 16 MiB in few bytes asks for no memory and gets none.
void test_hostile_lengths() {
  const Bytes lz4 = {1, 1, 0x80, 0x80, 0x80, 0x08, 0x30, 0x00, 0x1F, 'a', 1, 0};
  const Bytes huge = {1, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x30, 0x00, 0x50, 0, 0, 0, 0};
  const TestRow row = minimal_row();
  for (const Bytes& bytes : {lz4, huge}) {
    const uint32_t offsets[] = {0, static_cast<uint32_t>(bytes.size())};
    const Envelopes envelopes{1, {&row.tile, &row.cell, &row.level, 0}, bytes, offsets};
    CHECK(envelope::decode_bound(envelopes).bytes < 100);
    CHECK_EQ(decode_one(bytes, row, kFrames[0], nullptr).status[0], kRowMalformed);
  }
}

void test_hostile_offsets(const std::vector<Sample>& samples, Random& random) {
  Bytes bytes;
  for (const Sample& sample : samples) {
    bytes.insert(bytes.end(), sample.envelope.begin(), sample.envelope.end());
  }
  const std::vector<uint64_t> tiles(samples.size() + 1);
  const std::vector<uint16_t> cells(tiles.size());
  std::vector<uint32_t> offsets(samples.size() + 1);
  for (int round = 0; round < 200; ++round) {
    for (uint32_t& offset : offsets) {
      offset = static_cast<uint32_t>(random.next());
      if (!one_in(random, 4)) offset %= static_cast<uint32_t>(bytes.size() + 2);
    }
    const Envelopes envelopes{
        samples.size(), {tiles.data(), cells.data(), nullptr, 0}, bytes, offsets.data()};
    const Decoded decoded = decode_envelopes(envelopes, kFrames[0], nullptr);
    CHECK(!decoded.result.overflow);
    for (size_t i = 0; i < samples.size(); ++i) {
      CHECK(decoded.status[i] != kRowOk);
      if (offsets[i] > offsets[i + 1]) CHECK_EQ(decoded.status[i], kRowMalformed);
      if (offsets[i] <= offsets[i + 1] && offsets[i + 1] > bytes.size()) {
        CHECK_EQ(decoded.status[i], kRowTruncated);
      }
    }
  }
}

// A buffer that is too small for what the envelope holds is said, not overrun.
void test_decode_overflow(const Sample& sample, const Dictionary* dictionary, Random& random) {
  const Decoded whole = decode_one(sample.envelope, sample.row, kFrames[0], dictionary);
  for (size_t room = 0; room < whole.bytes_used + 40; room += 1 + random.next() % 9) {
    const Decoded decoded =
        decode_one(sample.envelope, sample.row, kFrames[0], dictionary, {room, SIZE_MAX});
    if (room < whole.bytes_used) CHECK(decoded.result.overflow);
    if (!decoded.result.overflow) CHECK(decoded.rows == whole.rows);
  }
  const size_t extras = sample.row.extras.size();
  if (extras == 0) return;
  CHECK(decode_one(sample.envelope, sample.row, kFrames[0], dictionary, {SIZE_MAX, extras - 1})
            .result.overflow);
  const Decoded wide =
      decode_one(sample.envelope, sample.row, kFrames[0], dictionary, {SIZE_MAX, extras + 2});
  CHECK(wide.rows[0].extras.back() == TestValue{});
}

void test_wrong_dictionary(Random& random) {
  const auto dictionary = make_dictionary(random, 5);
  const auto impostor = make_dictionary(random, 5);
  const auto other = make_dictionary(random, 6);
  size_t refused = 0;
  for (const Sample& sample : make_samples(random, dictionary.get(), 100)) {
    if ((sample.envelope[1] & 2) == 0) continue;
    const auto status = [&](const Dictionary* given) {
      return decode_one(sample.envelope, sample.row, kFrames[0], given).status[0];
    };
    CHECK_EQ(status(dictionary.get()), kRowOk);
    refused += check_error_or_same(sample.envelope, sample.row, impostor.get()) != kRowOk ? 1 : 0;
    CHECK_EQ(status(other.get()), kRowUnknownDictionary);
    CHECK_EQ(status(nullptr), kRowUnknownDictionary);
  }
  CHECK(refused > 10);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
  Random random(13);
  const auto dictionary = make_dictionary(random, 300);
  for (const Dictionary* given : {static_cast<const Dictionary*>(nullptr), dictionary.get()}) {
    const std::vector<Sample> samples = make_samples(random, given, 10 * effort);
    for (const Sample& sample : samples) {
      test_flipped_bits(sample, given);
      test_truncated(sample, given);
      test_other_place(sample, given, random);
      test_decode_overflow(sample, given, random);
    }
    test_hostile_offsets(samples, random);
  }
  test_garbage(random, 20000 * effort);
  test_named_faults();
  test_hostile_lengths();
  test_wrong_dictionary(random);
  return check_report("envelope_hostile");
}
