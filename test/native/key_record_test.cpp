// The key sort's keys and payloads, there and back and from hostile bytes; the
// order of the rows of one key.
#include "../../native/derive/key_record.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include "../../native/derive/collision_order.h"
#include "check.h"
#include "random.h"

using namespace octoload;
using namespace octoload::test;
using derive::KeyRecord;
using derive::Wide;
using envelope::RowKey;

namespace {

using Bytes = std::vector<uint8_t>;
using PackedKey = std::array<uint8_t, derive::kPreorderKeyBytes>;

PackedKey pack_key(const RowKey& key) {
  PackedKey packed;
  derive::pack_preorder_key(key, packed.data());
  return packed;
}

bool are_equal(const RowKey& a, const RowKey& b) {
  return a.tile == b.tile && a.cell == b.cell && a.level == b.level;
}

Wide code_of(const RowKey& key) { return Wide{key.tile} << 15 | key.cell; }

RowKey key_of(Wide code, unsigned level) {
  return {static_cast<uint64_t>(code >> 15),
          static_cast<uint16_t>(static_cast<uint64_t>(code) & 0x7fff), static_cast<uint8_t>(level)};
}

RowKey random_key(Random& random) {
  const auto level = static_cast<unsigned>(random.next() % 27);
  const Wide code = Wide{random.next()} << 64 | random.next();
  const Wide few = random.next() % 2 == 0 ? code : code & 077;
  return key_of(few & ((Wide{1} << (3 * level)) - 1), level);
}

bool contains(const RowKey& outer, const RowKey& inner) {
  return inner.level > outer.level &&
         code_of(inner) >> (3 * (inner.level - outer.level)) == code_of(outer);
}

// Depth first: where one holds the other it comes first, else where they part.
bool precedes(const RowKey& a, const RowKey& b) {
  if (contains(a, b)) return true;
  if (contains(b, a)) return false;
  const unsigned level = std::min(a.level, b.level);
  const Wide x = code_of(a) >> (3 * (a.level - level));
  const Wide y = code_of(b) >> (3 * (b.level - level));
  return x < y;
}

void test_keys(Random& random, size_t rounds) {
  for (size_t i = 0; i < rounds; ++i) {
    const RowKey a = random_key(random);
    RowKey b = random_key(random);
    if (random.next() % 2 == 0 && b.level <= a.level) {
      b = key_of(code_of(a) >> (3 * (a.level - b.level)), b.level);
    }
    const PackedKey x = pack_key(a), y = pack_key(b);
    RowKey back;
    CHECK(derive::unpack_preorder_key(x.data(), &back) && are_equal(a, back));
    CHECK_EQ(x < y, precedes(a, b));
    CHECK_EQ(x == y, are_equal(a, b));
    const Wide inner = derive::load_preorder_key(y.data());
    CHECK_EQ(derive::is_inside(inner, derive::load_preorder_key(x.data())), contains(a, b));
  }
}

// The highest code of level 26, one of level 1, and the world.
void test_published_keys() {
  const PackedKey last = pack_key(key_of((Wide{1} << 78) - 1, 26));
  const PackedKey expected = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                              0xff, 0xfc, 0,    0,    0,    0,    0,    26};
  CHECK(last == expected);
  CHECK(pack_key(key_of(5, 1)) == (PackedKey{0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  CHECK(pack_key({}) == PackedKey{});
}

void test_hostile_keys(Random& random, size_t rounds) {
  for (size_t i = 0; i < rounds; ++i) {
    PackedKey key = pack_key(random_key(random));
    key[random.next() % key.size()] ^= static_cast<uint8_t>(1u << random.next() % 8);
    RowKey read;
    if (derive::unpack_preorder_key(key.data(), &read)) CHECK(pack_key(read) == key);
  }
  RowKey read;
  PackedKey key = {};
  key[15] = 27;
  CHECK(!derive::unpack_preorder_key(key.data(), &read));
  key[15] = 255;
  CHECK(!derive::unpack_preorder_key(key.data(), &read));
  key[15] = 0;
  key[0] = 0x80;
  CHECK(!derive::unpack_preorder_key(key.data(), &read));
}

uint64_t random_word(Random& random) {
  const uint64_t word = random.next() >> random.next() % 64;
  return random.next() % 2 == 0 ? word : ~word;
}

KeyRecord random_record(Random& random, Bytes* id) {
  KeyRecord record;
  record.rowid = static_cast<int64_t>(random_word(random));
  record.file = static_cast<uint32_t>(random_word(random));
  record.has_material = random.next() % 2 == 0;
  if (record.has_material) record.material = static_cast<int32_t>(random_word(random));
  record.has_created = random.next() % 2 == 0;
  record.is_loadable = random.next() % 2 == 0;
  if (record.has_created) record.created_us = static_cast<int64_t>(random.next());
  record.id_kind = static_cast<uint8_t>(1 + random.next() % 5);
  if (record.id_kind == envelope::kInteger) record.id_word = random_word(random);
  if (record.id_kind == envelope::kReal) record.id_word = random.next() << random.next() % 64;
  id->clear();
  if (record.id_kind == envelope::kText || record.id_kind == envelope::kBlob) {
    id->resize(random.next() % 40);
    for (uint8_t& byte : *id) byte = static_cast<uint8_t>(random.next());
    record.id_bytes = *id;
  }
  return record;
}

bool are_equal(const KeyRecord& a, const KeyRecord& b) {
  return a.rowid == b.rowid && a.created_us == b.created_us && a.id_word == b.id_word &&
         std::ranges::equal(a.id_bytes, b.id_bytes) && a.file == b.file &&
         a.material == b.material && a.has_material == b.has_material &&
         a.has_created == b.has_created && a.id_kind == b.id_kind && a.is_loadable == b.is_loadable;
}

Bytes packed(const KeyRecord& record) {
  Bytes bytes(derive::packed_size(record));
  CHECK(derive::pack(record, bytes.data()) == bytes.data() + bytes.size());
  return bytes;
}

// From memory that ends where the bytes do: an over-read is noticed.
bool unpack_exactly(const Bytes& bytes, const std::unique_ptr<uint8_t[]>& memory,
                    KeyRecord* record) {
  std::copy(bytes.begin(), bytes.end(), memory.get());
  return derive::unpack({memory.get(), bytes.size()}, record);
}

void test_records(Random& random, size_t rounds) {
  Bytes id;
  for (size_t i = 0; i < rounds; ++i) {
    const KeyRecord record = random_record(random, &id);
    const Bytes bytes = packed(record);
    CHECK(bytes.size() <= derive::kMaxFixedBytes + record.id_bytes.size());
    const auto memory = std::make_unique<uint8_t[]>(bytes.size());
    KeyRecord back;
    CHECK(unpack_exactly(bytes, memory, &back) && are_equal(record, back));
  }
}

// What is read is a record, and that record's only encoding.
void test_hostile_records(Random& random, size_t rounds) {
  Bytes id;
  for (size_t i = 0; i < rounds; ++i) {
    Bytes bytes = packed(random_record(random, &id));
    switch (random.next() % 4) {
      case 0:
        bytes.resize(random.next() % bytes.size());
        break;
      case 1:
        bytes.push_back(static_cast<uint8_t>(random.next() % 3));
        break;
      case 2:
        bytes[random.next() % 3] ^= static_cast<uint8_t>(1u << random.next() % 8);
        break;
      default:
        for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next());
    }
    const auto memory = std::make_unique<uint8_t[]>(bytes.size());
    KeyRecord read;
    if (unpack_exactly(bytes, memory, &read)) CHECK(packed(read) == bytes);
  }
}

void test_record_bytes() {
  KeyRecord record;
  record.rowid = 8388607;
  record.has_created = true;
  record.created_us = 1'700'000'000'000'000;
  record.has_material = true;
  record.material = -3;
  record.id_kind = envelope::kInteger;
  record.id_word = 8388607;
  CHECK_EQ(packed(record).size(), 18u);
  record.created_us = 1;
  CHECK(packed(record) ==
        (Bytes{7, 0x33, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0xfe, 0xff, 0xff, 0xfe, 0xff, 0xff}));

  KeyRecord read;
  for (const uint8_t flags : Bytes{0, 24, 32, 128}) {
    CHECK(!derive::unpack(Bytes{flags, 0, 0}, &read));
  }
  CHECK(derive::unpack(Bytes{20, 0, 0}, &read) && read.id_kind == envelope::kNull);
  CHECK(!derive::unpack(Bytes{20, 0x10, 0, 1}, &read));  // NULL with a number
  CHECK(!derive::unpack(Bytes{20, 1, 0, 0}, &read));     // a number wider than it is
  CHECK(!derive::unpack(Bytes{20, 0, 0x10, 2}, &read));  // a material and none
  CHECK(!derive::unpack(Bytes{20, 9, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1}, &read));
  CHECK(!derive::unpack({}, &read));

  // Kinds that are no storage class count as NULL; so an Id too large to hold.
  record = {};
  record.id_kind = envelope::kAbsent;
  CHECK(packed(record) == (Bytes{20, 0, 0}));
  record.id_kind = 6;
  record.id_word = 1u << 30;
  CHECK(packed(record) == (Bytes{20, 0, 0}));

  const Bytes longest(envelope::kMaxValueBytes, 'a');
  record.id_kind = envelope::kText;
  record.id_bytes = longest;
  Bytes bytes = packed(record);
  CHECK(derive::unpack(bytes, &read) && read.id_bytes.size() == longest.size());
  bytes.push_back('a');
  CHECK(!derive::unpack(bytes, &read));
}

KeyRecord integer_id(int64_t value) {
  KeyRecord record;
  record.id_kind = envelope::kInteger;
  record.id_word = static_cast<uint64_t>(value);
  return record;
}
KeyRecord real_id(double value) {
  KeyRecord record;
  record.id_kind = envelope::kReal;
  record.id_word = std::bit_cast<uint64_t>(value);
  return record;
}
KeyRecord bytes_id(uint8_t kind, std::string_view bytes) {
  KeyRecord record;
  record.id_kind = kind;
  record.id_bytes = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
  return record;
}

// Ascending; what stands in one group is equal.
void test_id_order() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr int64_t k53 = int64_t{1} << 53;
  using namespace std::string_view_literals;
  const std::vector<std::vector<KeyRecord>> groups = {
      {KeyRecord{}},
      {real_id(std::nan("")), real_id(-std::nan(""))},
      {real_id(-kInfinity)},
      {real_id(-0x1.0000000000001p63)},
      {integer_id(INT64_MIN), real_id(-0x1p63)},
      {integer_id(INT64_MIN + 1)},
      {real_id(-k53), integer_id(-k53)},
      {real_id(-3.5)},
      {integer_id(-3)},
      {real_id(-0.5)},
      {integer_id(0), real_id(0.0), real_id(-0.0)},
      {real_id(0x1p-1074)},
      {integer_id(1), real_id(1.0)},
      {real_id(1.5)},
      {integer_id(k53 - 1), real_id(0x1p53 - 1)},
      {integer_id(k53), real_id(0x1p53)},
      {integer_id(k53 + 1)},
      {integer_id(k53 + 2), real_id(0x1p53 + 2)},
      {real_id(0x1.fffffffffffffp62)},
      {integer_id(INT64_MAX)},
      {real_id(0x1p63)},
      {real_id(kInfinity)},
      {bytes_id(envelope::kText, "")},
      {bytes_id(envelope::kText, "\0"sv)},
      {bytes_id(envelope::kText, "10")},
      {bytes_id(envelope::kText, "9")},
      {bytes_id(envelope::kText, "a")},
      {bytes_id(envelope::kText, "ab")},
      {bytes_id(envelope::kText, "\x80")},
      {bytes_id(envelope::kBlob, "")},
      {bytes_id(envelope::kBlob, "a")},
  };
  for (size_t i = 0; i < groups.size(); ++i) {
    for (size_t j = 0; j < groups.size(); ++j) {
      for (const KeyRecord& a : groups[i]) {
        for (const KeyRecord& b : groups[j]) {
          CHECK_EQ(derive::compare_ids(a, b), i < j ? -1 : i > j ? 1 : 0);
        }
      }
    }
  }
}

// Each wins over those before it, whatever else they have.
void test_winners() {
  std::vector<KeyRecord> rising(6, integer_id(5));
  rising[0].rowid = 9;
  rising[0].file = 9;
  rising[1] = integer_id(6);
  rising[2] = integer_id(4);
  rising[2].has_created = true;
  rising[2].created_us = INT64_MIN;
  rising[3] = rising[2];
  rising[3].created_us = -1;
  rising[3].rowid = 8;
  rising[4] = rising[3];
  rising[4].file = 1;
  rising[4].rowid = -8;
  rising[5] = rising[4];
  rising[5].rowid = -7;
  for (size_t i = 0; i < rising.size(); ++i) {
    for (size_t j = 0; j < rising.size(); ++j) {
      CHECK_EQ(derive::wins_over(rising[i], rising[j]), i > j);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
  Random random(46);
  test_published_keys();
  test_keys(random, effort * 20000);
  test_hostile_keys(random, effort * 10000);
  test_record_bytes();
  test_records(random, effort * 10000);
  test_hostile_records(random, effort * 20000);
  test_id_order();
  test_winners();
  return check_report("key record");
}
