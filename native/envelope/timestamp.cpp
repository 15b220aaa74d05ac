#include "timestamp.h"

#include <array>

#include "bytes.h"
#include "civil_date.h"

namespace octoload::envelope {
namespace {

struct Shape {
  uint8_t length;
  char separator;  // between date and time
  uint8_t fraction_digits;
  bool zulu;
};

constexpr size_t kShapes = kLastTimestampKind - kFirstTimestampKind + 1;
constexpr std::array<Shape, kShapes> kShapeTable = {{{19, ' ', 0, false},
                                                     {19, 'T', 0, false},
                                                     {20, 'T', 0, true},
                                                     {24, 'T', 3, true},
                                                     {27, 'T', 6, true},
                                                     {26, ' ', 6, false}}};

using Text = std::array<uint8_t, kMaxTimestampBytes>;

constexpr Text make_template(const Shape& shape) {
  constexpr char kLongest[] = "0000-00-00 00:00:00.000000";
  Text text{};
  for (size_t i = 0; i < shape.length && i < sizeof kLongest - 1; ++i) {
    text[i] = static_cast<uint8_t>(kLongest[i]);
  }
  text[10] = static_cast<uint8_t>(shape.separator);
  if (shape.zulu) text[shape.length - 1u] = 'Z';
  return text;
}

// A shape as four words of eight characters, which may overlap, so that a text
// is checked and turned into digits without a loop over its characters.
struct Pattern {
  std::array<uint8_t, 4> at;        // where each word starts
  std::array<uint64_t, 4> expect;   // '0' where a digit stands, else the very character
  std::array<uint64_t, 4> ceiling;  // added to a byte it sets bit 7 when the byte is not allowed
  Text text;
};

constexpr Pattern make_pattern(const Shape& shape) {
  const auto last = static_cast<uint8_t>(shape.length - 8);
  Pattern pattern{{0, 8, last < 16 ? last : uint8_t{16}, last}, {}, {}, make_template(shape)};
  for (size_t word = 0; word < 4; ++word) {
    for (size_t i = 0; i < 8; ++i) {
      const uint64_t character = pattern.text[pattern.at[word] + i];
      const uint64_t highest = character == '0' ? 9 : 0;
      pattern.expect[word] |= character << (8 * i);
      pattern.ceiling[word] |= (0x7F - highest) << (8 * i);
    }
  }
  return pattern;
}

constexpr std::array<Pattern, kShapes> kPatterns = [] {
  std::array<Pattern, kShapes> patterns{};
  for (size_t i = 0; i < kShapes; ++i) patterns[i] = make_pattern(kShapeTable[i]);
  return patterns;
}();

constexpr uint32_t byte_of(uint64_t word, unsigned index) noexcept {
  return static_cast<uint32_t>(word >> (8 * index)) & 0xFF;
}

constexpr int64_t kSecondsPerDay = 86400;
constexpr int64_t kFirstSecond =
    (int64_t{days_from_civil(0, 1, 1)} - kDaysBefore1970) * kSecondsPerDay;
constexpr int64_t kEndSecond =
    (int64_t{days_from_civil(9999, 12, 31)} - kDaysBefore1970 + 1) * kSecondsPerDay;

constexpr int64_t units_per_second(uint8_t fraction_digits) noexcept {
  return fraction_digits == 0 ? 1 : fraction_digits == 3 ? 1000 : 1000000;
}

size_t shape_of(const uint8_t* text, size_t length) noexcept {
  switch (length) {
    case 19:
      return text[10] == 'T' ? 1 : 0;
    case 20:
      return 2;
    case 24:
      return 3;
    case 27:
      return 4;
    case 26:
      return 5;
    default:
      return kShapes;
  }
}

// The text's four words with every digit as 0..9 and every other character as
// zero; false when a character is not what the shape wants there.
bool read_digits(const uint8_t* text, const Pattern& pattern, uint64_t digits[4]) noexcept {
  uint64_t bad = 0;
  for (size_t word = 0; word < 4; ++word) {
    digits[word] = load_u64(text + pattern.at[word]) ^ pattern.expect[word];
    bad |= (digits[word] + pattern.ceiling[word]) | digits[word];
  }
  return (bad & 0x8080808080808080u) == 0;
}

// In each byte, the number made of the digit there and the next one.
constexpr uint64_t pair_digits(uint64_t digits) noexcept { return digits * 10 + (digits >> 8); }

int64_t fraction_of(const Shape& shape, const Pattern& pattern, const uint64_t digits[4]) noexcept {
  if (shape.fraction_digits == 0) return 0;
  const unsigned at = 20u - pattern.at[3];
  const uint64_t pairs = pair_digits(digits[3]);
  if (shape.fraction_digits == 3) return byte_of(pairs, at) * 10 + byte_of(digits[3], at + 2);
  return byte_of(pairs, at) * 10000 + byte_of(pairs, at + 2) * 100 + byte_of(pairs, at + 4);
}

void put_pair(uint8_t* to, uint32_t number) noexcept {
  to[0] = static_cast<uint8_t>('0' + number / 10);
  to[1] = static_cast<uint8_t>('0' + number % 10);
}

void put_fraction(uint8_t* to, uint8_t digits, uint32_t fraction) noexcept {
  if (digits == 3) {
    put_pair(to, fraction / 10);
    to[2] = static_cast<uint8_t>('0' + fraction % 10);
  } else if (digits == 6) {
    put_pair(to, fraction / 10000);
    put_pair(to + 2, fraction / 100 % 100);
    put_pair(to + 4, fraction % 100);
  }
}

struct Moment {
  uint32_t days;  // since the eras' start
  uint32_t second_of_day;
  uint32_t fraction;
};

// Shifting the count to the eras' start makes it non-negative, so that the
// divisions round towards the past; `units` is a constant for their sake.
template <uint64_t units>
Moment split_count(int64_t count) noexcept {
  constexpr int64_t kShift = int64_t{kDaysBefore1970} * kSecondsPerDay * int64_t{units};
  const auto shifted = static_cast<uint64_t>(count + kShift);
  const uint64_t seconds = shifted / units;
  const uint64_t days = seconds / kSecondsPerDay;
  return {static_cast<uint32_t>(days), static_cast<uint32_t>(seconds - days * kSecondsPerDay),
          static_cast<uint32_t>(shifted - seconds * units)};
}

Moment split_by_digits(uint8_t fraction_digits, int64_t count) noexcept {
  if (fraction_digits == 0) return split_count<1>(count);
  return fraction_digits == 3 ? split_count<1000>(count) : split_count<1000000>(count);
}

}  // namespace

uint8_t parse_timestamp(const uint8_t* text, size_t length, int64_t* count) noexcept {
  if (length < 19) return 0;
  const size_t index = shape_of(text, length);
  if (index == kShapes) return 0;
  const Shape& shape = kShapeTable[index];
  const Pattern& pattern = kPatterns[index];
  uint64_t digits[4];
  if (!read_digits(text, pattern, digits)) return 0;

  const uint64_t date = pair_digits(digits[0]);
  const uint64_t time = pair_digits(digits[1]);
  const uint32_t year = byte_of(date, 0) * 100 + byte_of(date, 2);
  const uint32_t month = byte_of(date, 5);
  const uint32_t day = byte_of(time, 0);
  const uint32_t hour = byte_of(time, 3);
  const uint32_t minute = byte_of(time, 6);
  const uint32_t second = byte_of(pair_digits(digits[2]), 17u - pattern.at[2]);
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return 0;
  if (hour > 23 || minute > 59 || second > 59) return 0;

  const int64_t days = int64_t{days_from_civil(year, month, day)} - kDaysBefore1970;
  const int64_t seconds = days * kSecondsPerDay + (hour * 3600 + minute * 60 + second);
  *count = seconds * units_per_second(shape.fraction_digits) + fraction_of(shape, pattern, digits);
  return static_cast<uint8_t>(kFirstTimestampKind + index);
}

bool is_timestamp_count(uint8_t kind, int64_t count) noexcept {
  const Shape& shape = kShapeTable[kind - kFirstTimestampKind];
  const int64_t units = units_per_second(shape.fraction_digits);
  return count >= kFirstSecond * units && count < kEndSecond * units;
}

size_t render_timestamp(uint8_t kind, int64_t count, uint8_t* text) noexcept {
  if (!is_timestamp_count(kind, count)) return 0;
  const Shape& shape = kShapeTable[kind - kFirstTimestampKind];
  const Moment moment = split_by_digits(shape.fraction_digits, count);
  const Date date = civil_from_days(moment.days);
  std::memcpy(text, kPatterns[kind - kFirstTimestampKind].text.data(), kMaxTimestampBytes);
  put_pair(text, date.year / 100);
  put_pair(text + 2, date.year % 100);
  put_pair(text + 5, date.month);
  put_pair(text + 8, date.day);
  put_pair(text + 11, moment.second_of_day / 3600);
  put_pair(text + 14, moment.second_of_day / 60 % 60);
  put_pair(text + 17, moment.second_of_day % 60);
  put_fraction(text + 20, shape.fraction_digits, moment.fraction);
  return shape.length;
}

}  // namespace octoload::envelope
