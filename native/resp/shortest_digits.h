// The fewest decimal digits that tell a float32 from its neighbours.
//
// Source: R. Giulietti, "The Schubfach way to render doubles" (2021), for
// binary32. In short: all reals that round to v = c * 2^q lie between v's
// half-way points to its neighbours. Of the multiples of 10^(k+1), k =
// floor(log10 of that interval's width), at most one lies within: it is the
// shortest. Else those of 10^k beside v are looked at. All is counted in
// quarters of 10^k, "rounded to odd": the lowest bit says that something was
// cut off, so that every comparison comes out as on the exact numbers.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace octoload::resp {

inline constexpr uint32_t kInfinityBits = 0x7f80'0000;
inline constexpr size_t kMaxFloatDigits = 10;

struct Decimal {  // digits * 10^exponent; the last digit is no zero
  uint32_t digits;
  int exponent;
};

namespace detail {

__extension__ using Wide = unsigned __int128;

// What 10^-k can be for the widths of float32's intervals.
inline constexpr int kLeastPower = -31;
inline constexpr int kGreatestPower = 45;

// 10^n times the power of two that brings it into [2^63, 2^64), rounded up. The
// twos in 10 count for nothing there: 5^n for 10^n.
constexpr uint64_t scaled_power(int n) noexcept {
  Wide five = 1;
  for (int i = 0; i < (n < 0 ? -n : n); ++i) five *= 5;
  int width = 0;
  while (five >> width != 0) ++width;
  if (n >= 0) {
    if (width <= 64) return static_cast<uint64_t>(five) << (64 - width);
    return static_cast<uint64_t>(five >> (width - 64)) + 1;  // odd, so it was no whole number
  }
  // 2^(63 + width) / 5^-n by long division.
  Wide rest = 1;
  uint64_t quotient = 0;
  for (int i = 0; i < 63 + width; ++i) {
    rest <<= 1;
    quotient <<= 1;
    if (rest >= five) {
      rest -= five;
      quotient |= 1;
    }
  }
  return quotient + 1;
}

inline constexpr auto kScaledPowers = [] {
  std::array<uint64_t, kGreatestPower - kLeastPower + 1> powers{};
  for (int n = kLeastPower; n <= kGreatestPower; ++n) {
    powers[static_cast<size_t>(n - kLeastPower)] = scaled_power(n);
  }
  return powers;
}();

// floor(log10(2^q)), of 3/4 of it where `closer`; floor(log2(10^n)).
constexpr int floor_log10(int q, bool closer) noexcept {
  return (q * 1'262'611 - (closer ? 524'031 : 0)) >> 22;
}
constexpr int floor_log2_of_power(int n) noexcept { return (n * 1'741'647) >> 19; }

// power * quarters / 2^64; the lowest bit also stands for what is cut off. The
// power is a little too large where it is none: less than 2 in the next 32 bits.
inline uint32_t round_to_odd(uint64_t power, uint32_t quarters) noexcept {
  const Wide product = Wide{power} * quarters;
  const auto cut = static_cast<uint32_t>(static_cast<uint64_t>(product) >> 32);
  return static_cast<uint32_t>(product >> 64) | (cut > 1 ? 1 : 0);
}

inline Decimal without_zeros(uint32_t digits, int exponent) noexcept {
  while (digits % 10 == 0) {
    digits /= 10;
    ++exponent;
  }
  return {digits, exponent};
}

}  // namespace detail

// Of a positive, finite number's bits.
inline Decimal shortest_digits(uint32_t bits) noexcept {
  const uint32_t fraction = bits & 0x7f'ffff;
  const uint32_t biased = bits >> 23;
  const uint32_t c = biased == 0 ? fraction : fraction | 0x80'0000;
  const int q = (biased == 0 ? 1 : static_cast<int>(biased)) - 150;
  // Half-way points belong to the even one of two neighbours; below a power of
  // two the next number is half as far.
  const uint32_t open = c & 1;
  const bool closer = fraction == 0 && biased > 1;

  const int k = detail::floor_log10(q, closer);
  const int shift = q + detail::floor_log2_of_power(-k) + 1;
  const uint64_t power = detail::kScaledPowers[static_cast<size_t>(-k - detail::kLeastPower)];
  const auto scaled = [&](uint32_t quarters) {
    return detail::round_to_odd(power, quarters << shift);
  };
  const uint32_t lower = scaled(4 * c - (closer ? 1 : 2)) + open;
  const uint32_t upper = scaled(4 * c + 2) - open;
  const uint32_t value = scaled(4 * c);

  const uint32_t s = value / 4;
  if (s >= 10) {
    const uint32_t tens = s / 10;
    const bool below = lower <= 40 * tens;
    const bool above = 40 * tens + 40 <= upper;
    if (below != above) return detail::without_zeros(tens + (above ? 1 : 0), k + 1);
  }
  const bool below = lower <= 4 * s;
  const bool above = 4 * s + 4 <= upper;
  if (below != above) return detail::without_zeros(s + (above ? 1 : 0), k);
  const uint32_t middle = 4 * s + 2;
  const bool is_up = value > middle || (value == middle && (s & 1) != 0);
  return detail::without_zeros(s + (is_up ? 1 : 0), k);
}

}  // namespace octoload::resp
