// Numbers as text against the standard library's: whole ones, codes of 78 bits,
// and float32s, whose neighbours must read back as others.
#include <cstdlib>
#include <limits>

#include "../../native/resp/bulk_text.h"
#include "check.h"
#include "random.h"
#include "resp_commands.h"

using namespace octoload;
using namespace octoload::test;

namespace {

std::string text_of(uint64_t number) {
  uint8_t text[20 + resp::kTextSlack];
  return string_of({text, resp::put_number(text, number)});
}

std::string bulk_of(int64_t number) {
  uint8_t text[resp::kMaxInt64Bulk + resp::kTextSlack];
  return string_of({text, resp::put_bulk_number(text, number)});
}

void check_number(uint64_t number) {
  const std::string text = std::to_string(number);
  CHECK(text_of(number) == text);
  CHECK_EQ(resp::digits_of(number), text.size());
  const auto as_signed = static_cast<int64_t>(number);
  const std::string signed_text = std::to_string(as_signed);
  CHECK(bulk_of(as_signed) ==
        "$" + std::to_string(signed_text.size()) + "\r\n" + signed_text + "\r\n");
}

void test_numbers(Random& random, long millions) {
  uint64_t power = 1;
  for (int digits = 0; digits < 20; ++digits, power *= 10) {
    for (uint64_t near = 0; near < 3; ++near) check_number(power - 1 + near);
  }
  for (unsigned bits = 0; bits < 64; ++bits) {
    for (uint64_t near = 0; near < 3; ++near) check_number((uint64_t{1} << bits) - 1 + near);
  }
  for (uint64_t number = 0; number < 30'000; ++number) check_number(number);
  for (long i = 0; i < millions * 30'000; ++i) check_number(random.next() >> random.next() % 64);
  check_number(std::numeric_limits<uint64_t>::max());
}

void check_code(uint64_t tile, uint16_t cell) {
  const resp::CodeText code(tile, cell);
  uint8_t text[resp::kMaxCodeDigits + resp::kTextSlack];
  const std::string expected = decimal(Wide128{tile} * 32768 + cell);
  CHECK(string_of({text, code.put(text)}) == expected);
  CHECK_EQ(code.digits(), expected.size());
}

void test_codes(Random& random, long millions) {
  for (const uint64_t tile :
       {uint64_t{0}, uint64_t{1}, uint64_t{3051}, uint64_t{3052}, uint64_t{99'999'999},
        uint64_t{100'000'000}, ~uint64_t{0} >> 1, ~uint64_t{0}}) {
    for (const int cell : {0, 1, 9, 10, 24'575, 24'576, 32'767, 65'535}) {
      check_code(tile, static_cast<uint16_t>(cell));
    }
  }
  for (long i = 0; i < millions * 30'000; ++i) {
    check_code(random.next() >> random.next() % 64, static_cast<uint16_t>(random.next() & 0x7fff));
  }
}

void check_float(uint32_t bits) {
  const auto value = std::bit_cast<float>(bits);
  uint8_t text[resp::kMaxFloatText];
  const std::string found = string_of({text, resp::put_float(text, value)});
  const std::string expected = float_text(value);
  if (CHECK(found == expected) || checks_failed > kPrinted) return;
  std::printf("0x%08x: %s is not %s\n", bits, found.c_str(), expected.c_str());
}

// Every pattern in (0, 1] would take minutes: all where the exponent changes,
// and a walk that meets each exponent thousands of times.
void test_floats(Random& random, long millions) {
  for (uint32_t exponent = 0; exponent < 256; ++exponent) {
    for (uint32_t near = 0; near < 400; ++near) check_float((exponent << 23) - 200 + near);
  }
  for (long i = 0; i < millions * 100'000; ++i) check_float(static_cast<uint32_t>(random.next()));
  constexpr uint32_t kOne = 0x3f80'0000;
  const auto step = static_cast<uint32_t>(kOne / (millions * 100'000));
  for (uint32_t bits = 1; bits <= kOne; bits += step) check_float(bits);
  // What a tally of volumes gives: small fractions.
  for (int denominator = 1; denominator <= 512; ++denominator) {
    for (int numerator = 1; numerator <= denominator; ++numerator) {
      check_float(
          std::bit_cast<uint32_t>(static_cast<float>(numerator) / static_cast<float>(denominator)));
    }
  }
  CHECK(float_text(1e-7f) == "1e-7");
  CHECK(float_text(0.000001f) == "0.000001");
  CHECK(float_text(0.1f) == "0.1");
}

}  // namespace

int main(int argc, char** argv) {
  const long millions = argc > 1 ? std::max(1L, std::strtol(argv[1], nullptr, 10)) : 10;
  Random random(83);
  test_numbers(random, millions);
  test_codes(random, millions);
  test_floats(random, millions);
  return check_report("redis numbers");
}
