#include "created_time.h"

#include <bit>

#include "../envelope/envelope.h"
#include "iso_time.h"

namespace octoload::derive {
namespace {

constexpr uint64_t kFirstMillis = 100'000'000'000;      // 10^11
constexpr uint64_t kFirstMicros = 100'000'000'000'000;  // 10^14

int64_t micros_of_integer(int64_t value) noexcept {
  const auto word = static_cast<uint64_t>(value);
  const uint64_t magnitude = value < 0 ? 0 - word : word;
  if (magnitude < kFirstMillis) return value * 1000000;
  return magnitude < kFirstMicros ? value * 1000 : value;
}

// SQLite's date.c keeps a Julian day as milliseconds: trunc(day * 86400000 + 0.5),
// the product and the sum each rounded once, up to the last of the year 9999.
bool micros_of_julian_day(double day, int64_t* micros) noexcept {
  constexpr double kMillisPerDay = 86400000.0;
  constexpr double kEndDay = 5373484.5;
  constexpr int64_t kLastMillis = 464269060799999;
  constexpr int64_t kMillisBefore1970 = 210866760000000;  // day 2440587.5
  if (!(day >= 0 && day < kEndDay)) return false;
  const auto millis = static_cast<int64_t>(day * kMillisPerDay + 0.5);
  *micros = (millis - kMillisBefore1970) * 1000;
  return millis <= kLastMillis;
}

bool micros_of_text(uint64_t slot, std::span<const uint8_t> bytes, int64_t* micros) noexcept {
  const auto offset = static_cast<uint32_t>(slot);
  const size_t length = slot >> 32;
  if (offset > bytes.size() || length > bytes.size() - offset) return false;
  return parse_iso_time(bytes.subspan(offset, length), micros);
}

bool micros_of(uint8_t kind, uint64_t slot, std::span<const uint8_t> bytes,
               int64_t* micros) noexcept {
  switch (kind) {
    case envelope::kInteger:
      *micros = micros_of_integer(static_cast<int64_t>(slot));
      return true;
    case envelope::kReal:
      return micros_of_julian_day(std::bit_cast<double>(slot), micros);
    case envelope::kText:
      return micros_of_text(slot, bytes, micros);
    default:
      return false;
  }
}

}  // namespace

CreatedOutcome parse_created(uint8_t kind, uint64_t slot, std::span<const uint8_t> bytes,
                             int64_t* micros) noexcept {
  if (kind == envelope::kNull || kind == envelope::kAbsent) return CreatedOutcome::kNone;
  int64_t found = 0;
  if (!micros_of(kind, slot, bytes, &found)) return CreatedOutcome::kUnreadable;
  *micros = found;
  return CreatedOutcome::kTime;
}

}  // namespace octoload::derive
