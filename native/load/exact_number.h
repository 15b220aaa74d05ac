// Numbers exactly, or not at all.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

namespace octoload::load {

// Whether a double holds this integer: it converts there and back.
inline bool to_exact_double(int64_t value, double* number) noexcept {
  *number = static_cast<double>(value);
  // 2^63 itself is what the largest integers round to, and no int64.
  return *number < 0x1p63 && static_cast<int64_t>(*number) == value;
}

// The whole text is a finite decimal number of at most 63 characters. (Not
// std::from_chars: libc++ lacked it for doubles for long. strtod alone would
// take blanks, hexadecimal and "nan". Node leaves the locale at "C".)
inline bool parse_double(std::span<const uint8_t> text, double* number) noexcept {
  char copy[64];
  if (text.empty() || text.size() >= sizeof copy) return false;
  for (const uint8_t c : text) {
    if ((c < '0' || c > '9') && std::strchr("+-.eE", c) == nullptr) return false;
    if (c == 0) return false;
  }
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = 0;
  char* end = nullptr;
  *number = std::strtod(copy, &end);
  return end == copy + text.size() && std::isfinite(*number);
}

inline bool parse_int64(std::span<const uint8_t> text, int64_t* number) noexcept {
  const auto* const begin = reinterpret_cast<const char*>(text.data());
  const char* const end = begin + text.size();
  const auto [at, error] = std::from_chars(begin, end, *number);
  return error == std::errc() && at == end;
}

}  // namespace octoload::load
