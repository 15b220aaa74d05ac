// Days and dates of the proleptic Gregorian calendar.
//
// After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"
// (days_from_civil and civil_from_days): years that start in March, in eras of
// 400 years. Days are counted from one era before 0000-03-01, so that January
// and February of the year 0 stay non-negative and nothing is signed.
#pragma once

#include <cstdint>

namespace octoload::envelope {

inline constexpr bool is_leap(uint32_t year) noexcept {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

inline constexpr uint32_t days_in_month(uint32_t year, uint32_t month) noexcept {
  constexpr uint8_t kDays[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[month];
}

inline constexpr uint32_t kDaysPerEra = 146097;
inline constexpr uint32_t kDaysBefore1970 = 719468 + kDaysPerEra;

inline constexpr uint32_t days_from_civil(uint32_t year, uint32_t month, uint32_t day) noexcept {
  const uint32_t march_year = year + 400 - (month <= 2 ? 1 : 0);
  const uint32_t era = march_year / 400;
  const uint32_t year_of_era = march_year % 400;
  const uint32_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
  return era * kDaysPerEra + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
}

struct Date {
  uint32_t year, month, day;
};

inline constexpr Date civil_from_days(uint32_t days) noexcept {
  const uint32_t era = days / kDaysPerEra;
  const uint32_t day_of_era = days % kDaysPerEra;
  const uint32_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const uint32_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint32_t march_month = (5 * day_of_year + 2) / 153;
  const uint32_t day = day_of_year - (153 * march_month + 2) / 5 + 1;
  const uint32_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  return {era * 400 + year_of_era - 400 + (month <= 2 ? 1 : 0), month, day};
}

static_assert(days_from_civil(1970, 1, 1) == kDaysBefore1970);

}  // namespace octoload::envelope
