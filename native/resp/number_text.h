// Whole numbers as decimal text, eight digits at once.
//
// Writers here may write up to kTextSlack bytes beyond the text they return the
// end of: the caller's room has that much to spare.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace octoload::resp {

static_assert(std::endian::native == std::endian::little);

inline constexpr size_t kTextSlack = 8;
inline constexpr uint64_t kEightDigits = 100'000'000;

namespace detail {

inline constexpr std::array<uint64_t, 20> kPowersOfTen = [] {
  std::array<uint64_t, 20> powers{};
  uint64_t power = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = power *= 10;
  // Of the 0th only "not more than any number" is needed: 0 has a digit too.
  return powers;
}();

// The digits of a number below 10^8, the first in the lowest byte, each 0 .. 9:
// split into halves of four digits, those of two, those of one, all lanes of a
// word at once. 10486 / 2^20 and 103 / 2^10 divide by 100 and by 10 exactly as
// far as four and two digits go.
inline uint64_t eight_digits(uint32_t number) noexcept {
  const uint64_t fours = number / 10'000 | uint64_t{number % 10'000} << 32;
  const uint64_t upper_twos = (fours * 10'486 >> 20) & 0x0000'007f'0000'007f;
  const uint64_t twos = (fours - 100 * upper_twos) << 16 | upper_twos;
  const uint64_t upper_ones = (twos * 103 >> 10) & 0x000f'000f'000f'000f;
  return (twos - 10 * upper_ones) << 8 | upper_ones;
}

inline constexpr uint64_t kAsciiZeros = 0x3030'3030'3030'3030;

inline uint8_t* put_eight(uint8_t* to, uint64_t number) noexcept {
  const uint64_t text = eight_digits(static_cast<uint32_t>(number)) | kAsciiZeros;
  std::memcpy(to, &text, sizeof text);
  return to + sizeof text;
}

// Without leading zeros; below 10^8.
inline uint8_t* put_up_to_eight(uint8_t* to, uint64_t number) noexcept {
  const uint64_t digits = eight_digits(static_cast<uint32_t>(number));
  // The last digit is there, even if it is a zero.
  const auto zeros = static_cast<unsigned>(std::countr_zero(digits | uint64_t{1} << 56)) / 8;
  const uint64_t text = (digits | kAsciiZeros) >> (8 * zeros);
  std::memcpy(to, &text, sizeof text);
  return to + sizeof text - zeros;
}

}  // namespace detail

// Digits of a number, 1 .. 20. 1233 / 2^12 is log10(2), near enough for 64 bits.
inline unsigned digits_of(uint64_t number) noexcept {
  const auto least = static_cast<unsigned>(std::bit_width(number)) * 1233 >> 12;
  return least + (number >= detail::kPowersOfTen[least] ? 1 : 0);
}

inline uint8_t* put_number(uint8_t* to, uint64_t number) noexcept {
  if (number < kEightDigits) return detail::put_up_to_eight(to, number);
  const uint64_t upper = number / kEightDigits;
  if (upper < kEightDigits) {
    return detail::put_eight(detail::put_up_to_eight(to, upper), number % kEightDigits);
  }
  to = detail::put_up_to_eight(to, upper / kEightDigits);
  return detail::put_eight(detail::put_eight(to, upper % kEightDigits), number % kEightDigits);
}

// A code of up to 78 bits in two parts, upper * 10^8 + lower, as 64 bits hold them.
struct CodeText {
  uint64_t upper;
  uint64_t lower;

  // Of any tile and cell: tile = q * 10^8 + r, and each of r * 2^15 + cell and
  // q * 2^15 fits.
  CodeText(uint64_t tile, uint16_t cell) noexcept {
    const uint64_t rest = (tile % kEightDigits << 15) + cell;
    upper = (tile / kEightDigits << 15) + rest / kEightDigits;
    lower = rest % kEightDigits;
  }
  unsigned digits() const noexcept { return upper == 0 ? digits_of(lower) : digits_of(upper) + 8; }
  uint8_t* put(uint8_t* to) const noexcept {
    return upper == 0 ? put_number(to, lower) : detail::put_eight(put_number(to, upper), lower);
  }
};
inline constexpr size_t kMaxCodeDigits = 24;  // of any 64 + 15 bits

}  // namespace octoload::resp
