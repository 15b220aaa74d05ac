#include "iso_time.h"

#include <algorithm>

#include "../envelope/civil_date.h"
#include "../envelope/timestamp.h"

namespace octoload::derive {
namespace {

constexpr int64_t kMicrosPerSecond = 1000000;
constexpr int64_t kSecondsPerDay = 86400;
constexpr unsigned kFractionDigits = 6;

// Reads from the front; once something is missing, nothing more is found.
class Scanner {
 public:
  explicit Scanner(std::span<const uint8_t> text) noexcept : rest_(text) {}

  bool is_done() const noexcept { return rest_.empty(); }
  bool next_is_digit() const noexcept { return !is_done() && is_digit(rest_[0]); }

  // Whether one of `characters` came next; it is taken then.
  bool accept(const char* characters) noexcept {
    for (; !is_done() && *characters != 0; ++characters) {
      if (rest_[0] != static_cast<uint8_t>(*characters)) continue;
      rest_ = rest_.subspan(1);
      return true;
    }
    return false;
  }

  // A number of exactly `digits` digits, up to `most`.
  bool number(unsigned digits, uint32_t most, uint32_t* value) noexcept {
    if (rest_.size() < digits) return false;
    *value = 0;
    for (const uint8_t character : rest_.first(digits)) {
      if (!is_digit(character)) return false;
      *value = *value * 10 + digit_of(character);
    }
    rest_ = rest_.subspan(digits);
    return *value <= most;
  }

  // One digit or more: the first six as a number, the others skipped.
  bool fraction(uint32_t* micros) noexcept {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_digit);
    const auto digits = static_cast<size_t>(end - rest_.begin());
    *micros = 0;
    for (size_t i = 0; i < kFractionDigits; ++i) {
      *micros = *micros * 10 + (i < digits ? digit_of(rest_[i]) : 0);
    }
    rest_ = rest_.subspan(digits);
    return digits != 0;
  }

 private:
  static bool is_digit(uint8_t character) noexcept { return character >= '0' && character <= '9'; }
  static uint32_t digit_of(uint8_t character) noexcept { return character - uint32_t{'0'}; }

  std::span<const uint8_t> rest_;
};

bool parse_date(Scanner& scanner, int64_t* days) noexcept {
  uint32_t year, month, day;
  if (!scanner.number(4, 9999, &year) || !scanner.accept("-")) return false;
  if (!scanner.number(2, 12, &month) || month == 0 || !scanner.accept("-")) return false;
  if (!scanner.number(2, envelope::days_in_month(year, month), &day) || day == 0) return false;
  *days = int64_t{envelope::days_from_civil(year, month, day)} - envelope::kDaysBefore1970;
  return true;
}

// Microseconds since the day began.
bool parse_clock(Scanner& scanner, int64_t* micros) noexcept {
  uint32_t hour, minute, second = 0, fraction = 0;
  if (!scanner.number(2, 24, &hour) || !scanner.accept(":")) return false;
  if (!scanner.number(2, 59, &minute)) return false;
  if (scanner.accept(":")) {
    if (!scanner.number(2, minute == 59 ? 60 : 59, &second)) return false;
    if (scanner.accept(".,") && !scanner.fraction(&fraction)) return false;
  }
  if (hour == 24 && (minute | second | fraction) != 0) return false;
  *micros = int64_t{hour * 3600 + minute * 60 + second} * kMicrosPerSecond + fraction;
  return true;
}

// Seconds that the zone is ahead of UTC; 0 where none is named.
bool parse_zone(Scanner& scanner, int64_t* ahead) noexcept {
  *ahead = 0;
  if (scanner.is_done()) return true;
  scanner.accept(" ");
  if (scanner.accept("Zz")) return true;
  const bool is_behind = scanner.accept("-");
  if (!is_behind && !scanner.accept("+")) return false;
  uint32_t hours, minutes = 0;
  if (!scanner.number(2, 23, &hours)) return false;
  const bool has_minutes = scanner.accept(":") || scanner.next_is_digit();
  if (has_minutes && !scanner.number(2, 59, &minutes)) return false;
  *ahead = int64_t{hours * 3600 + minutes * 60} * (is_behind ? -1 : 1);
  return true;
}

// The shapes that an envelope stores as a count are the common ones, and
// parsed without a loop.
bool parse_usual_shape(std::span<const uint8_t> text, int64_t* micros) noexcept {
  int64_t count;
  switch (envelope::parse_timestamp(text.data(), text.size(), &count)) {
    case 0:
      return false;
    case 9:
      *micros = count * 1000;
      return true;
    case 10:
    case 11:
      *micros = count;
      return true;
    default:
      *micros = count * kMicrosPerSecond;
      return true;
  }
}

}  // namespace

bool parse_iso_time(std::span<const uint8_t> text, int64_t* micros) noexcept {
  if (parse_usual_shape(text, micros)) return true;
  Scanner scanner(text);
  int64_t days, of_day = 0, ahead = 0;
  if (!parse_date(scanner, &days)) return false;
  if (!scanner.is_done()) {
    if (!scanner.accept("Tt ") || !parse_clock(scanner, &of_day)) return false;
    if (!parse_zone(scanner, &ahead)) return false;
  }
  if (!scanner.is_done()) return false;
  *micros = (days * kSecondsPerDay - ahead) * kMicrosPerSecond + of_day;
  return true;
}

}  // namespace octoload::derive
