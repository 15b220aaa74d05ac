// Random rows: every kind, width and odd number the format has room for.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "../../native/envelope/timestamp.h"
#include "envelope_reference.h"
#include "envelope_rows.h"
#include "random.h"

namespace octoload::test {

inline bool one_in(Random& random, uint64_t n) { return random.next() % n == 0; }

inline uint64_t random_width_bits(Random& random) { return random.next() >> (random.next() % 64); }

inline uint64_t random_double_bits(Random& random) {
  constexpr uint64_t kOdd[] = {0,
                               0x8000000000000000,   // -0.0
                               0x7FF0000000000000,   // infinity
                               0x7FF8DEADBEEF0001,   // NaN with a payload
                               0xFFF0000000000001,   // signalling NaN
                               0x0000000000000001};  // the smallest denormal
  switch (random.next() % 4) {
    case 0:
      return kOdd[random.next() % 6];
    case 1:
      return random.next();
    case 2:
      return random.next() << (random.next() % 64);
    default:
      return __builtin_bit_cast(uint64_t, static_cast<double>(random.next() % 4000) / 8);
  }
}

inline std::string random_json(Random& random) {
  constexpr const char* kMaterials[] = {"granite", "basalt", "limestone", "clay", "water", "ice"};
  constexpr const char* kTags[] = {"coast", "cliff", "river", "urban", "forest"};
  std::string text = "{\"material\":\"";
  text += kMaterials[random.next() % 6];
  text += "\",\"roughness\":0." + std::to_string(random.next() % 100);
  text += ",\"source\":\"lidar-20" + std::to_string(10 + random.next() % 15) + "-07\",\"tags\":[\"";
  text += kTags[random.next() % 5];
  text += "\",\"";
  text += kTags[random.next() % 5];
  return text + "\"],\"quality\":" + std::to_string(random.next() % 10) + "}";
}

inline Bytes random_bytes(Random& random) {
  Bytes bytes;
  switch (random.next() % 6) {
    case 0:
      return bytes;
    case 1:  // incompressible
      bytes.resize(random.next() % 200);
      for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next());
      return bytes;
    case 2:  // a run, now and then a long one
      return Bytes(random.next() % (one_in(random, 50) ? 100000 : 300),
                   static_cast<uint8_t>(random.next()));
    default: {
      const std::string text = random_json(random);
      return {text.begin(), text.end()};
    }
  }
}

inline TestValue random_value(Random& random, uint8_t kind) {
  TestValue value{kind, 0, {}};
  if (kind == envelope::kInteger) {
    value.bits = random_width_bits(random);
    if (one_in(random, 2)) value.bits = ~value.bits;
    if (one_in(random, 20)) value.bits = uint64_t{1} << 63;
    if (one_in(random, 20)) value.bits = ~(uint64_t{1} << 63);
  }
  if (kind == envelope::kReal) value.bits = random_double_bits(random);
  if (has_bytes(value)) value.bytes = random_bytes(random);
  return value;
}

// Any kind in one case of n, else the usual one.
inline uint8_t any_kind_or(Random& random, uint64_t n, uint8_t usual) {
  return one_in(random, n) ? static_cast<uint8_t>(random.next() % 6) : usual;
}

inline TestValue random_value(Random& random) {
  return random_value(random, static_cast<uint8_t>(random.next() % 6));
}

// Often a timestamp's text, or nearly one.
inline TestValue random_created(Random& random) {
  if (one_in(random, 4)) return random_value(random);
  uint8_t text[envelope::kMaxTimestampBytes];
  const auto kind = static_cast<uint8_t>(6 + random.next() % 6);
  const auto count = static_cast<int64_t>(random.next()) >> (random.next() % 64);
  const size_t length = envelope::render_timestamp(kind, count, text);
  TestValue created{envelope::kText, 0, {text, text + length}};
  if (length > 0 && one_in(random, 5)) created.bytes[random.next() % length] ^= 1;
  return created;
}

inline void set_random_key(TestRow& row, Random& random) {
  row.level = static_cast<uint8_t>(random.next() % 27);
  const unsigned bits = 3u * row.level;
  row.cell = static_cast<uint16_t>(random.next() & (bits < 15 ? (1u << bits) - 1 : 0x7FFF));
  row.tile = bits > 15 ? random.next() >> (64 - (bits - 15)) : 0;
}

inline void set_random_coordinates(TestRow& row, const Frame& frame, Random& random) {
  const bool centered = one_in(random, 3);
  for (size_t axis = 0; axis < 3; ++axis) {
    row.xyz[axis] = reference_center(row, frame, axis);
    if (centered || one_in(random, 4)) continue;
    row.xyz[axis] =
        one_in(random, 3) ? random_double_bits(random) : row.xyz[axis] ^ random_width_bits(random);
  }
}

inline void set_random_originals(TestRow& row, Random& random) {
  for (unsigned k = 0; k < envelope::kOriginals; ++k) {
    constexpr uint8_t kOfCoordinate[] = {0, 1, 2, 3, 4};
    constexpr uint8_t kOfKey[] = {0, 1, 3, 4};
    const uint8_t kind =
        k <= envelope::kZ ? kOfCoordinate[random.next() % 5] : kOfKey[random.next() % 4];
    row.originals[k] = TestValue{kind, 0, {}};
    if (has_bytes(row.originals[k])) row.originals[k].bytes = random_bytes(random);
    if (k > envelope::kZ || kind != envelope::kInteger) continue;
    const auto whole = static_cast<int64_t>(random.next()) >> (11 + random.next() % 50);
    row.xyz[k] = __builtin_bit_cast(uint64_t, static_cast<double>(whole));
  }
}

inline TestRow random_row(const Frame& frame, Random& random, uint32_t column_set, size_t extras) {
  TestRow row;
  set_random_key(row, random);
  set_random_coordinates(row, frame, random);
  row.id = random_value(random, any_kind_or(random, 5, envelope::kInteger));
  row.density = random_value(random, any_kind_or(random, 5, envelope::kReal));
  row.created = random_created(random);
  row.metadata = random_value(random, any_kind_or(random, 3, envelope::kText));
  if (one_in(random, 3)) set_random_originals(row, random);
  row.column_set = column_set;
  for (size_t k = 0; k < extras; ++k) row.extras.push_back(random_value(random));
  return row;
}

inline std::vector<TestRow> random_rows(const Frame& frame, Random& random, size_t count) {
  const size_t extras = one_in(random, 3) ? 1 + random.next() % 9 : 0;
  const auto column_set = static_cast<uint32_t>(extras == 0 ? 0 : random_width_bits(random) | 1);
  std::vector<TestRow> rows;
  for (size_t i = 0; i < count; ++i) rows.push_back(random_row(frame, random, column_set, extras));
  return rows;
}

inline constexpr Frame kFrames[] = {{{-20e6, -10e6, -10e6}, {40e6, 20e6, 20e6}},
                                    {{0, 0, 0}, {40075020, 20037510, 20000000}},
                                    {{0.1, -0.2, 1e-9}, {1.0 / 3, 7.7, 1e300}}};

}  // namespace octoload::test
