// Timestamps against a calendar that counts one day after the other.
#include "../../native/envelope/timestamp.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "check.h"
#include "random.h"

using namespace octoload::envelope;
using octoload::test::Random;

namespace {

struct Shape {
  uint8_t kind;
  const char* separator;
  int fraction_digits;
  const char* end;
};

constexpr Shape kShapes[] = {{6, " ", 0, ""},  {7, "T", 0, ""},   {8, "T", 0, "Z"},
                             {9, "T", 3, "Z"}, {10, "T", 6, "Z"}, {11, " ", 6, ""}};

int64_t units_of(const Shape& shape) {
  int64_t units = 1;
  for (int i = 0; i < shape.fraction_digits; ++i) units *= 10;
  return units;
}

uint8_t parse(const std::string& text, int64_t* count) {
  return parse_timestamp(reinterpret_cast<const uint8_t*>(text.data()), text.size(), count);
}

std::string render(uint8_t kind, int64_t count) {
  uint8_t text[kMaxTimestampBytes];
  const size_t length = render_timestamp(kind, count, text);
  return {reinterpret_cast<const char*>(text), length};
}

std::string digits(int64_t number, int width) {
  std::string text(static_cast<size_t>(width), '0');
  for (size_t i = text.size(); i-- > 0; number /= 10)
    text[i] = static_cast<char>('0' + number % 10);
  return text;
}

void check_both_ways(const std::string& text, const Shape& shape, int64_t count) {
  int64_t parsed = 0;
  CHECK_EQ(parse(text, &parsed), shape.kind);
  CHECK_EQ(parsed, count);
  CHECK(render(shape.kind, count) == text);
}

// One moment of the day in one of the shapes, or all of them.
void check_day(const std::string& date, int64_t day, Random& random, bool all_shapes) {
  const auto second = static_cast<int64_t>(random.next() % 86400);
  const std::string time =
      digits(second / 3600, 2) + ":" + digits(second / 60 % 60, 2) + ":" + digits(second % 60, 2);
  const size_t first = all_shapes ? 0 : random.next() % 6;
  for (size_t i = first; i < (all_shapes ? 6 : first + 1); ++i) {
    const Shape& shape = kShapes[i];
    const int64_t units = units_of(shape);
    const auto fraction = static_cast<int64_t>(random.next() % static_cast<uint64_t>(units));
    std::string text = date + shape.separator + time;
    if (shape.fraction_digits != 0) text += "." + digits(fraction, shape.fraction_digits);
    check_both_ways(text + shape.end, shape, (day * 86400 + second) * units + fraction);
  }
}

bool is_leap(int year) { return year % 400 == 0 || (year % 4 == 0 && year % 100 != 0); }

void test_every_day(Random& random, int64_t every) {
  constexpr int kLengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int64_t day = -719528;  // 0000-01-01; checked by meeting 1970-01-01 at 0
  for (int year = 0; year <= 9999; ++year) {
    for (int month = 1; month <= 12; ++month) {
      const int length = kLengths[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
      if (year == 1970 && month == 1) CHECK_EQ(day, 0);
      const std::string start = digits(year, 4) + "-" + digits(month, 2) + "-";
      for (int date = 1; date <= length; ++date, ++day) {
        const bool edge = date == 1 || date == length;
        if (edge || day % every == 0)
          check_day(start + digits(date, 2), day, random, edge && every == 1);
      }
      int64_t count = 0;
      CHECK_EQ(parse(start + digits(length + 1, 2) + " 00:00:00", &count), 0);
    }
  }
}

void test_near_misses() {
  int64_t count = 0;
  for (const char* text : {"",
                           "2024-05-01",
                           "2024-05-01 12:34",
                           "2024-05-01 23:59:60",
                           "2024-05-01 24:00:00",
                           "2024-05-01 12:60:00",
                           "2024-13-01 00:00:00",
                           "2024-00-01 00:00:00",
                           "2024-01-00 00:00:00",
                           "2023-02-29 00:00:00",
                           "1900-02-29 00:00:00",
                           "2024-02-30 00:00:00",
                           "2024-05-01t12:34:56",
                           "2024-05-01T12:34:56z",
                           "2024-05-01 12:34:56Z",
                           "2024-05-01T12:34:56+00:00",
                           "2024-05-01T12:34:56.789",
                           "2024-05-01 12:34:56.789",
                           "2024-05-01 12:34:56.789Z",
                           "2024-05-01T12:34:56.7890Z",
                           "2024-05-01T12:34:56.789012",
                           "2024-05-01 12:34:56.789012Z",
                           "2024-05-01T12:34:56,789Z",
                           "-024-05-01 12:34:56",
                           "+024-05-01 12:34:56",
                           " 2024-05-01 12:34:56",
                           "2024-05-01 12:34:56 ",
                           "2024-5-001 12:34:56",
                           "2024-05-01 12:34:5/",
                           "2024-05-01 12:34:5:",
                           "2024/05/01 12:34:56"}) {
    CHECK_EQ(parse(text, &count), 0);
  }
  check_both_ways("2000-02-29T23:59:59.999Z", kShapes[3], 951868799999);
  check_both_ways("1969-12-31T23:59:59.999Z", kShapes[3], -1);
  check_both_ways("1969-12-31 23:59:59.999999", kShapes[5], -1);
  check_both_ways("0000-01-01 00:00:00", kShapes[0], -62167219200);
  check_both_ways("9999-12-31T23:59:59.999999Z", kShapes[4], 253402300799999999);
}

// Whatever is changed in a good text: it is refused, or it is given back as it
// stood.
void test_changed_characters(Random& random, size_t rounds) {
  size_t refused = 0;
  for (size_t round = 0; round < rounds; ++round) {
    const Shape& shape = kShapes[random.next() % 6];
    const auto seconds = static_cast<int64_t>(random.next() % 315569520000) - 62167219200;
    const std::string good = render(shape.kind, seconds * units_of(shape));
    if (!CHECK(good.size() >= 19)) return;
    for (size_t at = 0; at < good.size(); ++at) {
      std::string text = good;
      text[at] = static_cast<char>(random.next());
      int64_t count = 0;
      const uint8_t kind = parse(text, &count);
      refused += kind == 0 ? 1 : 0;
      if (kind != 0) CHECK(render(kind, count) == text);
    }
  }
  CHECK(refused > rounds);
}

void test_counts_outside() {
  for (const Shape& shape : kShapes) {
    const int64_t first = -62167219200 * units_of(shape);
    const int64_t last = 253402300800 * units_of(shape) - 1;
    for (const int64_t count : {first, last, int64_t{0}}) {
      CHECK(is_timestamp_count(shape.kind, count));
      int64_t parsed = 1;
      CHECK_EQ(parse(render(shape.kind, count), &parsed), shape.kind);
      CHECK_EQ(parsed, count);
    }
    for (const int64_t count : {first - 1, last + 1, INT64_MIN, INT64_MAX}) {
      CHECK(!is_timestamp_count(shape.kind, count));
      CHECK(render(shape.kind, count).empty());
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
  Random random(1970);
  test_every_day(random, effort >= 10 ? 1 : 29);
  test_near_misses();
  test_changed_characters(random, effort * 1000);
  test_counts_outside();
  return octoload::test::check_report("timestamp");
}
