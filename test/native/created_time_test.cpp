// Created as a moment: a table of cases, and random times there and back.
#include "../../native/derive/created_time.h"

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "../../native/envelope/envelope.h"
#include "check.h"
#include "random.h"

using namespace octoload;
using namespace octoload::test;
using derive::CreatedOutcome;

namespace {

constexpr int64_t kUnset = -12345;

struct Parsed {
  CreatedOutcome outcome;
  int64_t micros;
};

Parsed parse(uint8_t kind, uint64_t slot, std::span<const uint8_t> bytes = {}) {
  int64_t micros = kUnset;
  const CreatedOutcome outcome = derive::parse_created(kind, slot, bytes, &micros);
  return {outcome, micros};
}

// The text among others, in memory that ends where they do.
Parsed parse_text(std::string_view text, uint8_t kind = envelope::kText) {
  std::vector<uint8_t> bytes = {'2', '0'};
  bytes.insert(bytes.end(), text.begin(), text.end());
  return parse(kind, uint64_t{2} | uint64_t{text.size()} << 32, bytes);
}

void check_time(const Parsed& parsed, int64_t micros, const char* what) {
  const bool good = parsed.outcome == CreatedOutcome::kTime && parsed.micros == micros;
  if (!CHECK(good)) std::printf("  %s: %lld\n", what, static_cast<long long>(parsed.micros));
}

void check_unreadable(const Parsed& parsed, const char* what) {
  const bool good = parsed.outcome == CreatedOutcome::kUnreadable && parsed.micros == kUnset;
  if (!CHECK(good)) std::printf("  %s: %lld\n", what, static_cast<long long>(parsed.micros));
}

constexpr int64_t kSecond = 1000000;
constexpr int64_t kNoon = 1709208000 * kSecond;  // 2024-02-29T12:00:00Z

void test_texts() {
  const struct {
    const char* text;
    int64_t micros;
  } cases[] = {
      {"1970-01-01", 0},
      {"2024-02-29", kNoon - 43200 * kSecond},
      {"2024-02-29T12:00:00Z", kNoon},
      {"2024-02-29t12:00:00z", kNoon},
      {"2024-02-29 12:00:00", kNoon},
      {"2024-02-29T12:00:00", kNoon},
      {"2024-02-29T12:00", kNoon},
      {"2024-02-29 12:00Z", kNoon},
      {"2024-02-29T12:00:00.5Z", kNoon + 500000},
      {"2024-02-29T12:00:00,25", kNoon + 250000},
      {"2024-02-29T12:00:00.123", kNoon + 123000},
      {"2024-02-29T12:00:00.123Z", kNoon + 123000},
      {"2024-02-29T12:00:00.123456Z", kNoon + 123456},
      {"2024-02-29 12:00:00.123456", kNoon + 123456},
      {"2024-02-29T12:00:00.1234569Z", kNoon + 123456},
      {"2024-02-29T12:00:00.9999999999999999999999999+00:00", kNoon + 999999},
      {"2024-02-29T12:00:00.0000000000000000000000001", kNoon},
      {"2024-02-29T14:00:00+02:00", kNoon},
      {"2024-02-29T14:00:00+0200", kNoon},
      {"2024-02-29T14:00:00+02", kNoon},
      {"2024-02-29T14:00+02", kNoon},
      {"2024-02-29 14:00:00.5 +02:00", kNoon + 500000},
      {"2024-02-29T12:00:00 Z", kNoon},
      {"2024-02-29T06:30:00-05:30", kNoon},
      {"2024-02-29T06:30:00-0530", kNoon},
      {"2024-03-01T11:59:00+23:59", kNoon},
      {"2024-02-28T12:01:00-23:59", kNoon},
      {"2024-02-29T12:00:00-00:00", kNoon},
      {"2024-02-28T24:00:00Z", kNoon - 43200 * kSecond},
      {"2024-02-28T24:00", kNoon - 43200 * kSecond},
      {"2024-02-28T24:00:00.000", kNoon - 43200 * kSecond},
      {"2024-02-29T11:59:60Z", kNoon},
      {"2024-02-29T13:59:60.5+02:00", kNoon + 500000},
      {"0000-01-01", -62167219200 * kSecond},
      {"0000-01-01T00:00:00.000001Z", -62167219200 * kSecond + 1},
      {"0000-01-01T00:00:00+01:00", -62167222800 * kSecond},
      {"0001-01-01T00:00:00Z", -62135596800 * kSecond},
      {"1969-12-31T23:59:59.999999Z", -1},
      {"1582-10-10", -12219724800 * kSecond},
      {"1900-02-28T24:00:00Z", -2203891200 * kSecond},
      {"2000-02-29", 951782400 * kSecond},
      {"9999-12-31T23:59:59.999999Z", 253402300799 * kSecond + 999999},
      {"9999-12-31T24:00:00-01:00", 253402304400 * kSecond},
  };
  for (const auto& [text, micros] : cases) check_time(parse_text(text), micros, text);
}

void test_unreadable_texts() {
  const char* const texts[] = {
      "",
      "now",
      "0",
      "2024",
      "2024-02",
      "20240229",
      "2024-2-29",
      "24-02-29",
      "02024-02-29",
      "+2024-02-29",
      "-001-01-01",
      "2024-00-10",
      "2024-13-01",
      "2024-01-00",
      "2024-01-32",
      "2023-02-29",
      "1900-02-29",
      "2024-04-31",
      "2024/02/29",
      " 2024-02-29",
      "2024-02-29 ",
      "2024-02-29T",
      "2024-02-29Z",
      "2024-02-29+01:00",
      "2024-02-29T12",
      "2024-02-29T12Z",
      "2024-02-29T1200",
      "2024-02-29T12:0",
      "2024-02-29  12:00",
      "2024-02-29_12:00:00",
      "2024-02-29T25:00:00",
      "2024-02-29T24:00:01",
      "2024-02-29T24:01",
      "2024-02-29T24:00:00.001",
      "2024-02-29T12:60:00",
      "2024-02-29T12:00:60",
      "2024-02-29T12:59:61",
      "2024-02-29T12:00:",
      "2024-02-29T12:00:0",
      "2024-02-29T12:00:00.",
      "2024-02-29T12:00:00.Z",
      "2024-02-29T12:00:00.5.5",
      "2024-02-29T12:00.5",
      "2024-02-29T12:00:00ZZ",
      "2024-02-29T12:00:00Z ",
      "2024-02-29T12:00:00  Z",
      "2024-02-29T12:00:00 ",
      "2024-02-29T12:00:00+",
      "2024-02-29T12:00:00+1",
      "2024-02-29T12:00:00+1:00",
      "2024-02-29T12:00:00+01:",
      "2024-02-29T12:00:00+01:0",
      "2024-02-29T12:00:00+010",
      "2024-02-29T12:00:00+01000",
      "2024-02-29T12:00:00+24:00",
      "2024-02-29T12:00:00+01:60",
      "2024-02-29T12:00:00 UTC",
      "2024-02-29T12:00:00+01:00[Europe/Zurich]",
      "2024-W09-4",
      "2024-060",
      "Thu, 29 Feb 2024 12:00:00 GMT",
      "1709208000",
      "2024-02-29T12:00:00.5e1",
  };
  for (const char* text : texts) check_unreadable(parse_text(text), text);
  using namespace std::string_view_literals;
  check_unreadable(parse_text("2024-02-29\0"sv), "a NUL behind the date");
  check_unreadable(parse_text("\xef\xbb\xbf"
                              "2024-02-29"),
                   "a byte order mark");
  check_unreadable(parse_text("2024-02-29", envelope::kBlob), "a BLOB");
  const std::string zeros(100000, '0');
  check_time(parse_text("2024-02-29T12:00:00." + zeros + "1"), kNoon, "a long fraction");
  check_unreadable(parse_text("2024-02-29T12:00:00." + zeros + "x"), "a long fraction, then x");
}

void test_integers() {
  const struct {
    int64_t value, micros;
  } cases[] = {
      {0, 0},
      {1, kSecond},
      {-1, -kSecond},
      {1709208000, kNoon},
      {99'999'999'999, 99'999'999'999 * kSecond},
      {-99'999'999'999, -99'999'999'999 * kSecond},
      {100'000'000'000, 100'000'000 * kSecond},
      {-100'000'000'000, -100'000'000 * kSecond},
      {1709208000123, kNoon + 123000},
      {99'999'999'999'999, 99'999'999'999'999'000},
      {-99'999'999'999'999, -99'999'999'999'999'000},
      {100'000'000'000'000, 100'000'000'000'000},
      {-100'000'000'000'000, -100'000'000'000'000},
      {kNoon + 7, kNoon + 7},
      {INT64_MAX, INT64_MAX},
      {INT64_MIN, INT64_MIN},
  };
  for (const auto& [value, micros] : cases) {
    const Parsed parsed = parse(envelope::kInteger, static_cast<uint64_t>(value));
    check_time(parsed, micros, std::to_string(value).c_str());
  }
}

Parsed parse_day(double day) { return parse(envelope::kReal, std::bit_cast<uint64_t>(day)); }

void test_julian_days() {
  check_time(parse_day(2440587.5), 0, "1970-01-01");
  check_time(parse_day(2451545.0), 946728000 * kSecond, "J2000");
  check_time(parse_day(2460370.0), kNoon, "2024-02-29 12:00");
  check_time(parse_day(2440587.5 - 1.0 / 86400), -kSecond, "the second before 1970");
  check_time(parse_day(2440587.5 + 1.0 / 1024), 84'375'000, "84.375 s");
  check_time(parse_day(2440587.5 + 0x1p-27), 1000, "0.64 ms");
  check_time(parse_day(2440587.5 + 0x1p-28), 0, "0.32 ms");
  check_time(parse_day(0.0), -210866760000000'000, "the first day");
  check_time(parse_day(-0.0), -210866760000000'000, "the first day, -0.0");
  check_time(parse_day(0x1p-1074), -210866760000000'000, "the first day and next to nothing");
  check_time(parse_day(5373484.0), 253402257600 * kSecond, "9999-12-31 12:00");
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double day :
       {-0x1p-1074, -1.0, 5373484.5, 1709208000.0, 1e300, kInfinity, -kInfinity, std::nan("")}) {
    check_unreadable(parse_day(day), std::to_string(day).c_str());
  }
  // So near the end that it rounds beyond it.
  check_unreadable(parse_day(std::nextafter(5373484.5, 0)), "the last moment of 9999");
}

void test_other_kinds() {
  CHECK(parse(envelope::kNull, 99).outcome == CreatedOutcome::kNone);
  CHECK(parse(envelope::kAbsent, 99).outcome == CreatedOutcome::kNone);
  check_unreadable(parse(6, 99), "a value that was too large");
  const std::vector<uint8_t> bytes = {'2', '0', '2', '4', '-', '0', '2', '-', '2', '9'};
  check_unreadable(parse(envelope::kText, uint64_t{10} << 32 | 1, bytes), "beyond the end");
  check_unreadable(parse(envelope::kText, uint64_t{11}, bytes), "from beyond the end");
  check_unreadable(parse(envelope::kText, UINT64_MAX, bytes), "far beyond the end");
  check_unreadable(parse(envelope::kText, uint64_t{10}, bytes), "empty, at the end");
  const uint64_t whole = uint64_t{10} << 32;
  CHECK(parse(envelope::kText, whole, bytes).outcome == CreatedOutcome::kTime);
  check_unreadable(parse(envelope::kText, whole, std::span(bytes).first(9)), "one byte too long");
}

void test_last_modified() {
  CHECK_EQ(derive::last_modified_ms(0), 0);
  CHECK_EQ(derive::last_modified_ms(999), 0);
  CHECK_EQ(derive::last_modified_ms(1000), 1);
  CHECK_EQ(derive::last_modified_ms(-1), -1);
  CHECK_EQ(derive::last_modified_ms(-1000), -1);
  CHECK_EQ(derive::last_modified_ms(-1001), -2);
  CHECK_EQ(derive::last_modified_ms(INT64_MIN), INT64_MIN / 1000 - 1);
  CHECK_EQ(derive::last_modified_ms(INT64_MAX), INT64_MAX / 1000);
}

unsigned days_of_month(unsigned year, unsigned month) {
  const bool is_leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
  if (month == 2) return is_leap ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Counted year by year and month by month.
int64_t days_since_1970(unsigned year, unsigned month, unsigned day) {
  int64_t days = static_cast<int64_t>(day) - 1 - 719528;  // 0000-01-01 to 1970-01-01
  for (unsigned before = 0; before < year; ++before) days += 337 + days_of_month(before, 2);
  for (unsigned before = 1; before < month; ++before) days += days_of_month(year, before);
  return days;
}

std::string two(uint64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string random_zone(Random& random, int64_t* seconds) {
  const uint64_t hours = random.next() % 24, minutes = random.next() % 60;
  const bool is_behind = random.next() % 2 == 0;
  const std::string sign = is_behind ? "-" : "+";
  *seconds = static_cast<int64_t>(hours * 3600 + minutes * 60) * (is_behind ? -1 : 1);
  switch (random.next() % 5) {
    case 0:
      return sign + two(hours) + two(minutes);
    case 1:
      return sign + two(hours) + ":" + two(minutes);
    case 2:
      *seconds = static_cast<int64_t>(hours * 3600) * (is_behind ? -1 : 1);
      return sign + two(hours);
    default:
      *seconds = 0;
      return random.next() % 2 == 0 ? "" : "Z";
  }
}

// A text written from its parts; with a character that is in no time it is none.
void test_random_texts(Random& random, size_t rounds) {
  for (size_t i = 0; i < rounds; ++i) {
    const auto year = static_cast<unsigned>(random.next() % 10000);
    const auto month = static_cast<unsigned>(1 + random.next() % 12);
    const auto day = static_cast<unsigned>(1 + random.next() % days_of_month(year, month));
    const uint64_t hour = random.next() % 24, minute = random.next() % 60;
    const uint64_t second = random.next() % 60;
    const uint64_t digits = random.next() % 12;
    std::string text = two(year / 100) + two(year % 100) + "-" + two(month) + "-" + two(day);
    text += random.next() % 2 == 0 ? "T" : " ";
    text += two(hour) + ":" + two(minute) + ":" + two(second);
    int64_t micros = 0;
    std::string fraction;
    for (uint64_t digit = 0; digit < digits; ++digit) {
      fraction += static_cast<char>('0' + random.next() % 10);
    }
    if (digits > 0) text += "." + fraction;
    fraction.resize(6, '0');
    micros = std::atoll(fraction.c_str());
    int64_t ahead = 0;
    text += random_zone(random, &ahead);
    const int64_t days = days_since_1970(year, month, day);
    const auto clock = static_cast<int64_t>(hour * 3600 + minute * 60 + second);
    check_time(parse_text(text), (days * 86400 + clock - ahead) * kSecond + micros, text.c_str());

    const size_t at = random.next() % text.size();
    text[at] = static_cast<char>(random.next() % 2 == 0 ? 'x' : 0xe9);
    check_unreadable(parse_text(text), text.c_str());
  }
}

// Whatever comes out of a text, one character of which was changed, is a time
// near the years 0 to 9999.
void test_mutated_texts(Random& random, size_t rounds) {
  constexpr std::string_view kCharacters = "0123456789-+:.,TZ tz";
  for (size_t i = 0; i < rounds; ++i) {
    std::string text = "2024-02-29T12:00:00.123456+02:00";
    text.resize(random.next() % (text.size() + 1));
    for (size_t change = random.next() % 3; change > 0 && !text.empty(); --change) {
      text[random.next() % text.size()] = kCharacters[random.next() % kCharacters.size()];
    }
    const Parsed parsed = parse_text(text);
    if (parsed.outcome != CreatedOutcome::kTime) continue;
    CHECK(parsed.micros >= (-62167219200 - 86400) * kSecond);
    CHECK(parsed.micros <= (253402300800 + 86400) * kSecond);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
  Random random(47);
  test_texts();
  test_unreadable_texts();
  test_integers();
  test_julian_days();
  test_other_kinds();
  test_last_modified();
  test_random_texts(random, effort * 300);
  test_mutated_texts(random, effort * 5000);
  return check_report("created time");
}
