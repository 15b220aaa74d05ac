// Numbers exactly or not at all, and the orders' keys: there and back, and
// ordered by their bytes as the orders are by their numbers.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <tuple>

#include "../../native/load/exact_number.h"
#include "../../native/load/order_key.h"
#include "check.h"
#include "load_rows.h"
#include "random.h"
#include "token_oracle.h"

using namespace octoload;
using namespace octoload::test;

namespace {

__extension__ using Wide = unsigned __int128;

using load::Order;

// At the end of its memory, so that a sanitizer sees reading beyond the text.
Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

void test_known_texts() {
  for (const KnownText& known : kKnownTexts) {
    const Bytes text = bytes_of(known.text);
    double number = 0;
    if (CHECK_EQ(load::parse_double(text, &number), known.number.has_value()) && known.number) {
      CHECK_EQ(number, *known.number);
    }
    int64_t integer = 0;
    if (CHECK_EQ(load::parse_int64(text, &integer), known.integer.has_value()) && known.integer) {
      CHECK_EQ(integer, *known.integer);
    }
  }
  double zero = 1;
  CHECK(load::parse_double(bytes_of("-0.0"), &zero));
  CHECK(zero == 0 && std::signbit(zero));
}

// No byte but those of numbers makes a part of one.
void test_every_byte() {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool is_digit = byte >= '0' && byte <= '9';
    double number = 0;
    int64_t integer = 0;
    const auto c = static_cast<uint8_t>(byte);
    CHECK_EQ(load::parse_double(Bytes{'1', c, '2'}, &number),
             is_digit || c == '.' || c == 'e' || c == 'E');
    CHECK_EQ(load::parse_int64(Bytes{'1', c, '2'}, &integer), is_digit);
    CHECK_EQ(load::parse_double(Bytes{c, '2'}, &number),
             is_digit || c == '.' || c == '+' || c == '-');
    CHECK_EQ(load::parse_int64(Bytes{c, '2'}, &integer), is_digit || c == '-');
    CHECK_EQ(load::parse_double(Bytes{'2', c}, &number), is_digit || c == '.');
  }
}

void test_lengths() {
  for (size_t length = 1; length < 200; ++length) {
    Bytes text(length, '0');
    text.back() = '7';
    double number = 0;
    int64_t integer = 0;
    CHECK_EQ(load::parse_double(text, &number), length <= 63);
    CHECK(load::parse_int64(text, &integer));
    CHECK_EQ(integer, 7);
    if (length <= 63) CHECK_EQ(number, 7.0);
  }
}

// By how many of an integer's bits are between its first and its last one.
bool fits_a_double(int64_t value) {
  uint64_t magnitude = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  while (magnitude != 0 && magnitude % 2 == 0) magnitude /= 2;
  return magnitude >> 53 == 0;
}

void check_exact(int64_t value) {
  double number = 0;
  if (!CHECK_EQ(load::to_exact_double(value, &number), fits_a_double(value))) return;
  if (fits_a_double(value)) CHECK(static_cast<long double>(number) == static_cast<double>(value));
}

void test_exact_integers(Random& random, size_t rounds) {
  for (const int64_t edge :
       {int64_t{0}, int64_t{1} << 53, INT64_MIN, INT64_MAX, int64_t{1} << 62}) {
    for (uint64_t step = 0; step < 2050; ++step) {
      check_exact(static_cast<int64_t>(static_cast<uint64_t>(edge) + step));
      check_exact(static_cast<int64_t>(static_cast<uint64_t>(edge) - step));
    }
  }
  for (size_t round = 0; round < rounds; ++round) {
    const auto value = static_cast<int64_t>(random.next()) >> (random.next() % 64);
    const auto shift = random.next() % 20;
    check_exact(value);
    check_exact(static_cast<int64_t>(static_cast<uint64_t>(value) << shift));
  }
  double number = 0;
  CHECK(!load::to_exact_double((int64_t{1} << 53) + 1, &number));
  CHECK(load::to_exact_double(INT64_MIN, &number) && number == -0x1p63);
  CHECK(!load::to_exact_double(INT64_MAX, &number));
}

// Often near another one: few bits, or all of them.
envelope::RowKey random_key(Random& random) {
  envelope::RowKey key;
  key.level = static_cast<uint8_t>(random.next() % 27);
  Wide code = Wide{random.next()} << 64 | random.next();
  const uint64_t choice = random.next() % 4;
  if (choice == 0) code >>= 64 + random.next() % 60;
  if (choice == 1) code = ~Wide{0} - random.next() % 3;
  code &= (Wide{1} << (3 * key.level)) - 1;
  key.tile = static_cast<uint64_t>(code / 32768);
  key.cell = static_cast<uint16_t>(code % 32768);
  return key;
}

std::tuple<int64_t, unsigned, uint64_t, unsigned, unsigned> rank_of(Order order,
                                                                    const envelope::RowKey& key) {
  const int64_t token = token_oracle(order, key);
  const unsigned level = key.level;
  return order == Order::kNode || order == Order::kNodeToken
             ? std::tuple(token, 0u, key.tile, unsigned{key.cell}, level)
             : std::tuple(token, level, key.tile, unsigned{key.cell}, 0u);
}

// What lies behind the key's end stays as it is.
sort::Key pack(Order order, const envelope::RowKey& key) {
  sort::Key packed;
  packed.fill(0xEE);
  load::pack_order_key(order, key, packed.data());
  for (size_t i = load::order_key_bytes(order); i < packed.size(); ++i) CHECK_EQ(packed[i], 0xEE);
  return packed;
}

void test_order_keys(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    const envelope::RowKey a = random_key(random), b = random_key(random);
    for (const Order order : {Order::kNode, Order::kTile, Order::kNodeToken, Order::kTileToken}) {
      const auto packed = pack(order, a), other = pack(order, b);
      const envelope::RowKey back = load::unpack_order_key(order, packed.data());
      CHECK(back.level == a.level && back.tile == a.tile && back.cell == a.cell);
      CHECK_EQ(packed < other, rank_of(order, a) < rank_of(order, b));
      CHECK_EQ(packed == other, rank_of(order, a) == rank_of(order, b));
    }
  }
}

// Many keys at once are what each is alone, whatever they are divided into inside.
void test_many_order_keys(Random& random) {
  for (const Order order : {Order::kNode, Order::kTile, Order::kNodeToken, Order::kTileToken}) {
    for (const size_t count : {0, 1, 255, 256, 257, 1000}) {
      std::vector<envelope::RowKey> keys(count);
      for (envelope::RowKey& key : keys) key = random_key(random);
      const size_t key_bytes = load::order_key_bytes(order);
      std::vector<uint8_t> packed(count * key_bytes);
      load::pack_order_keys(order, keys, packed.data());
      for (size_t i = 0; i < count; ++i) {
        const sort::Key one = pack(order, keys[i]);
        CHECK(std::equal(one.begin(), one.begin() + key_bytes, packed.begin() + i * key_bytes));
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 30;
  Random random(64);
  test_known_texts();
  test_every_byte();
  test_lengths();
  test_exact_integers(random, 10'000 * effort);
  test_order_keys(random, 20'000 * effort);
  test_many_order_keys(random);
  return check_report("load number");
}
