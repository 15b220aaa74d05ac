#include "float_text.h"

#include <bit>
#include <cstring>

#include "shortest_digits.h"

namespace octoload::resp {
namespace {

uint8_t* put_text(uint8_t* to, const char* text) noexcept {
  const size_t length = std::strlen(text);
  std::memcpy(to, text, length);
  return to + length;
}

uint8_t* put_bytes(uint8_t* to, const uint8_t* from, size_t count) noexcept {
  std::memcpy(to, from, count);
  return to + count;
}

uint8_t* put_zeros(uint8_t* to, int count) noexcept {
  std::memset(to, '0', static_cast<size_t>(count));
  return to + count;
}

// Two digits at most: float32 ends at 10^38.
uint8_t* put_exponent(uint8_t* to, int exponent) noexcept {
  *to++ = 'e';
  *to++ = exponent < 0 ? '-' : '+';
  const int size = exponent < 0 ? -exponent : exponent;
  if (size >= 10) *to++ = static_cast<uint8_t>('0' + size / 10);
  *to++ = static_cast<uint8_t>('0' + size % 10);
  return to;
}

// `point`: where the decimal point stands, counted from before the first digit.
uint8_t* put_laid_out(uint8_t* to, const uint8_t* digits, int length, int point) noexcept {
  const auto count = static_cast<size_t>(length);
  if (length <= point && point <= 21) {
    return put_zeros(put_bytes(to, digits, count), point - length);
  }
  if (0 < point && point <= 21) {
    to = put_bytes(to, digits, static_cast<size_t>(point));
    *to++ = '.';
    return put_bytes(to, digits + point, static_cast<size_t>(length - point));
  }
  if (-6 < point && point <= 0) {
    return put_bytes(put_zeros(put_text(to, "0."), -point), digits, count);
  }
  *to++ = digits[0];
  if (length > 1) {
    *to++ = '.';
    to = put_bytes(to, digits + 1, count - 1);
  }
  return put_exponent(to, point - 1);
}

}  // namespace

uint8_t* put_float(uint8_t* to, float value) noexcept {
  const auto bits = std::bit_cast<uint32_t>(value);
  if (bits == std::bit_cast<uint32_t>(1.0f)) return put_text(to, "1");
  const uint32_t size = bits & 0x7fff'ffff;
  if (size > kInfinityBits) return put_text(to, "NaN");
  if (bits != size) *to++ = '-';
  if (size == kInfinityBits) return put_text(to, "Infinity");
  if (size == 0) return put_text(to, "0");
  Decimal number = shortest_digits(size);
  uint8_t digits[kMaxFloatDigits];
  int length = 0;
  // From the last; they are as many as uint32_t has.
  uint8_t* first = digits + sizeof digits;
  for (uint32_t rest = number.digits; rest != 0; rest /= 10, ++length) {
    *--first = static_cast<uint8_t>('0' + rest % 10);
  }
  return put_laid_out(to, first, length, length + number.exponent);
}

}  // namespace octoload::resp
