// Digests: SHA-256 against published values and its two kinds of code against
// each other, rows against the page, sets against plain sums.
#include <cstdlib>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "../../native/digest/digest_set.h"
#include "../../native/digest/row_digester.h"
#include "check.h"
#include "digest_oracle.h"
#include "envelope_random.h"
#include "random.h"

using namespace octoload;
using namespace octoload::test;
using digest::DigestSums;
using digest::Number256;
using digest::RangeSum;
using digest::Sha256;

namespace {

std::string hex_of(const Number256& number) {
  uint8_t bytes[digest::kDigestBytes];
  number.store(bytes);
  std::string text;
  for (const uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

Number256 sha256(digest::ShaBlocks blocks, const Bytes& message) {
  Sha256 sha(blocks);
  sha.put(message.data(), message.size());
  return Number256::of(sha.finish());
}

Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

// The examples of FIPS 180 (one block, two blocks, a million "a") and the empty message.
void test_published_values(digest::ShaBlocks blocks) {
  const auto hash = [&](const std::string& text) { return hex_of(sha256(blocks, bytes_of(text))); };
  CHECK(hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hash(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// Of every length around the blocks' and the buffer's ends, at every alignment,
// in pieces; one object for many messages.
void test_against_scalar(digest::ShaBlocks blocks, Random& random, size_t rounds) {
  Sha256 sha(blocks);
  for (size_t round = 0; round < rounds; ++round) {
    Bytes message(random.next() % (one_in(random, 20) ? 5000 : 300));
    for (uint8_t& byte : message) byte = static_cast<uint8_t>(random.next());
    sha.begin();
    for (size_t at = 0; at < message.size();) {
      const size_t piece = std::min(message.size() - at, 1 + random.next() % 700);
      sha.put(message.data() + at, piece);
      at += piece;
    }
    CHECK(Number256::of(sha.finish()) == plain_sha256(message));
  }
  for (size_t count = 0; count < 9; ++count) {
    Bytes data(64 * count + 8);
    for (uint8_t& byte : data) byte = static_cast<uint8_t>(random.next());
    digest::ShaState a = digest::kShaInitial, b = a;
    blocks(a.data(), data.data() + random.next() % 8, 0);
    const size_t shift = random.next() % 8;
    blocks(a.data(), data.data() + shift, count);
    digest::sha_blocks_scalar(b.data(), data.data() + shift, count);
    CHECK(a == b);
  }
}

// Of any two lengths, side by side and one after the other.
void test_pairs(Random& random, size_t rounds) {
  Sha256 a(digest::sha_blocks()), b(digest::sha_blocks());
  for (size_t round = 0; round < rounds; ++round) {
    Bytes messages[2] = {Bytes(random.next() % 1500), Bytes(random.next() % 700)};
    for (Bytes& message : messages) {
      for (uint8_t& byte : message) byte = static_cast<uint8_t>(random.next());
    }
    for (const digest::ShaPair pair : {digest::sha_pair(), digest::ShaPair{}}) {
      a.begin();
      b.begin();
      a.put(messages[0].data(), messages[0].size());
      b.put(messages[1].data(), messages[1].size());
      Sha256::finish_both(a, b, pair);
      CHECK(Number256::of(a.state()) == plain_sha256(messages[0]));
      CHECK(Number256::of(b.state()) == plain_sha256(messages[1]));
    }
  }
}

std::vector<std::string> random_names(Random& random, size_t count) {
  std::vector<std::string> names;
  for (size_t k = 0; k < count; ++k) {
    std::string name = one_in(random, 3) ? "\xc3\xa4" : one_in(random, 2) ? "a" : "";
    names.push_back(name + std::string(random.next() % 3, 'z') + static_cast<char>('A' + k));
  }
  return names;
}

std::vector<Beside> random_besides(const std::vector<TestRow>& rows, Random& random) {
  std::vector<Beside> besides;
  for (size_t i = 0; i < rows.size(); ++i) {
    besides.push_back({one_in(random, 2), static_cast<int32_t>(random.next()),
                       static_cast<uint8_t>(random.next()),
                       static_cast<float>(1 + random.next() % 1000) / 1000.0f});
  }
  return besides;
}

struct Case {
  Frame frame{};
  std::vector<TestRow> rows;
  std::vector<Beside> besides;
  std::vector<std::string> names;

  explicit Case(Random& random) : frame(kFrames[random.next() % 3]) {
    rows = random_rows(frame, random, 1 + random.next() % 20);
    besides = random_besides(rows, random);
    names = random_names(random, rows[0].extras.size());
  }

  digest::RowContext context() const {
    digest::RowContext context;
    context.frame = frame;
    context.column_sets.emplace_back(0xfffffff0u, std::vector<std::string>{"other"});
    if (!names.empty()) context.column_sets.emplace_back(rows[0].column_set, names);
    return context;
  }
};

std::shared_ptr<const envelope::Dictionary> dictionary_of(Random& random) {
  const std::string text = random_json(random) + random_json(random);
  const Bytes bytes = bytes_of(text);
  return envelope::Dictionary::create(static_cast<uint32_t>(1 + random.next() % 9), bytes);
}

// With and without LZ4's dictionary: the digest is the row's own.
void test_rows(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    const Case one(random);
    const auto dictionary = dictionary_of(random);
    digest::RowContext context = one.context();
    context.dictionaries.push_back(dictionary);
    for (const envelope::Dictionary* with : {dictionary.get(), {}}) {
      const Encoded encoded = encode_rows(one.rows, one.frame, with);
      CHECK_EQ(encoded.result.rejected, 0u);
      const std::vector<uint64_t> block = sink_block(one.rows, one.besides, encoded);
      batch::SinkBatch batch;
      const auto* const from = reinterpret_cast<const uint8_t*>(block.data());
      if (!CHECK(batch::SinkBatch::parse({from, block.size() * 8}, &batch))) continue;
      digest::RowDigester digester(context, batch);
      for (size_t row = 0; row < one.rows.size(); ++row) {
        Number256 got;
        CHECK_EQ(digester.digest(row, &got), kRowOk);
        CHECK(got == plain_sha256(canonical_bytes(one.rows[row], one.besides[row], one.names)));
        const size_t other = random.next() % one.rows.size();
        Number256 both[2], alone;
        RowStatus status[2];
        digester.digest_both(other, row, both, status);
        CHECK_EQ(digester.digest(other, &alone), kRowOk);
        CHECK(status[0] == kRowOk && status[1] == kRowOk && both[0] == alone && both[1] == got);
      }
    }
  }
}

// A damaged envelope has the status that decoding gives it, and no digest.
void test_damage(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    const Case one(random);
    Encoded encoded = encode_rows(one.rows, one.frame, nullptr);
    const size_t at = random.next() % encoded.bytes.size();
    encoded.bytes[at] ^= static_cast<uint8_t>(1 + random.next() % 255);
    std::vector<uint64_t> block = sink_block(one.rows, one.besides, encoded);
    batch::SinkBatch batch;
    CHECK(batch::SinkBatch::parse(
        {reinterpret_cast<const uint8_t*>(block.data()), block.size() * 8}, &batch));
    digest::RowContext context = one.context();
    digest::RowDigester digester(context, batch);
    for (size_t row = 0; row < one.rows.size(); ++row) {
      const bool is_hit = at >= encoded.offsets[row] && at < encoded.offsets[row + 1];
      Number256 got;
      CHECK_EQ(digester.digest(row, &got) == kRowOk, !is_hit);
      Number256 both[2];
      RowStatus status[2];
      digester.digest_both(row, one.rows.size() - 1 - row, both, status);
      CHECK_EQ(status[0] == kRowOk, !is_hit);
      if (!is_hit) CHECK(both[0] == got);
    }
    if (one.names.empty()) continue;
    const uint32_t number = one.rows[0].column_set;
    digest::RowContext other = context, shorter = context;
    other.column_sets = {digest::ColumnNames(number ^ 1, one.names)};
    const std::vector<std::string> fewer(one.names.begin() + 1, one.names.end());
    shorter.column_sets = {digest::ColumnNames(number, fewer)};
    digest::RowDigester with_other(other, batch), with_fewer(shorter, batch);
    const size_t good = at < encoded.offsets[1] ? 1 : 0;
    Number256 got;
    if (good >= one.rows.size()) continue;
    CHECK_EQ(with_other.digest(good, &got), kRowUnknownColumns);
    CHECK_EQ(with_fewer.digest(good, &got), kRowUnknownColumns);
  }
}

Number256 random_number(Random& random) {
  Number256 number;
  for (uint64_t& word : number.words) {
    word = one_in(random, 4) ? (one_in(random, 2) ? 0 : ~uint64_t{0}) : random.next();
  }
  return number;
}

// Byte by byte, with a carry.
Number256 plain_sum(const Number256& a, const Number256& b) {
  Number256 sum;
  unsigned carry = 0;
  for (unsigned byte = 0; byte < 32; ++byte) {
    const auto of = [&](const Number256& number) {
      return static_cast<unsigned>(number.words[byte / 8] >> (8 * (byte % 8)) & 255);
    };
    const unsigned total = of(a) + of(b) + carry;
    sum.words[byte / 8] |= uint64_t{total & 255} << (8 * (byte % 8));
    carry = total >> 8;
  }
  return sum;
}

void test_numbers(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    const Number256 a = random_number(random), b = random_number(random);
    Number256 sum = a;
    sum.add(b);
    CHECK(sum == plain_sum(a, b));
    sum.subtract(b);
    CHECK(sum == a);
  }
}

// The cell of level 4 that holds the min corner, by its three coordinates.
uint64_t plain_range(const envelope::RowKey& key) {
  uint64_t range = 0;
  for (unsigned axis = 0; axis < 3; ++axis) {
    uint64_t index = 0;
    for (unsigned bit = 0; bit < key.level; ++bit) {
      const unsigned at = 3 * bit + axis;
      const uint64_t is_set = at < 15 ? key.cell >> at & 1 : key.tile >> (at - 15) & 1;
      index |= is_set << bit;
    }
    index = key.level >= 4 ? index >> (key.level - 4) : index << (4 - key.level);
    for (unsigned bit = 0; bit < 4; ++bit) range |= (index >> bit & 1) << (3 * bit + axis);
  }
  return range;
}

void test_ranges(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    TestRow row;
    set_random_key(row, random);
    const envelope::RowKey key = {row.tile, row.cell, row.level};
    CHECK_EQ(digest::range_of(key), plain_range(key));
  }
}

using PlainSums = std::map<uint64_t, std::pair<uint64_t, Number256>>;

bool is_same(const std::vector<RangeSum>& sums, const PlainSums& plain) {
  if (sums.size() != plain.size()) return false;
  auto at = plain.begin();
  for (const RangeSum& sum : sums) {
    const auto& [range, other] = *at++;
    if (sum.range != range || sum.rows != other.first || !(sum.sum == other.second)) return false;
  }
  return true;
}

void test_sums(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    DigestSums first, second;
    PlainSums one, both;
    const size_t ranges = one_in(random, 2) ? 5 : 4096;
    const size_t rows = random.next() % (one_in(random, 10) ? 20'000 : 50);
    uint64_t range = 0;
    for (size_t i = 0; i < rows; ++i) {
      if (!one_in(random, 3)) range = random.next() % ranges;
      const Number256 digest = random_number(random);
      const bool is_first = one_in(random, 2);
      (is_first ? first : second).add(range, digest);
      for (PlainSums* sums : {is_first ? &one : nullptr, &both}) {
        if (sums == nullptr) continue;
        auto& [count, sum] = (*sums)[range];
        count += 1;
        sum = plain_sum(sum, digest);
      }
    }
    const std::vector<RangeSum> a = first.sorted(), b = second.sorted();
    CHECK(is_same(a, one));
    CHECK(digest::is_digest_set(a) && digest::is_digest_set(b));
    const std::vector<RangeSum> all = digest::add(a, b);
    CHECK(is_same(all, both));
    CHECK(digest::add(b, a) == all);
    std::vector<RangeSum> left;
    CHECK(digest::subtract(all, b, &left));
    CHECK(left == a);
    CHECK_EQ(digest::subtract(a, all, &left), b.empty());
  }
}

void test_wrong_sets() {
  const Number256 one = {{1, 0, 0, 0}}, two = {{2, 0, 0, 0}};
  const std::vector<RangeSum> descending = {{2, 1, one}, {1, 1, one}},
                              twice = {{1, 1, one}, {1, 1, one}};
  const std::vector<RangeSum> empty = {{1, 0, {}}}, beyond = {{4096, 1, one}},
                              good = {{4095, 1, one}};
  for (const auto* set : {&descending, &twice, &empty, &beyond})
    CHECK(!digest::is_digest_set(*set));
  CHECK(digest::is_digest_set(good));
  std::vector<RangeSum> left;
  const std::vector<RangeSum> other = {{4095, 1, two}}, elsewhere = {{5, 1, one}};
  CHECK(!digest::subtract(good, other, &left));
  CHECK(!digest::subtract(good, elsewhere, &left));
  CHECK(digest::subtract(good, good, &left) && left.empty());
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20;
  Random random(256);
  const digest::ShaBlocks hardware = digest::sha_blocks_hardware();
  test_published_values(&digest::sha_blocks_scalar);
  test_against_scalar(&digest::sha_blocks_scalar, random, effort * 50);
  if (hardware != nullptr) {
    test_published_values(hardware);
    test_against_scalar(hardware, random, effort * 200);
  }
  CHECK(digest::sha_blocks() == (hardware != nullptr ? hardware : &digest::sha_blocks_scalar));
  test_pairs(random, effort * 50);
  test_rows(random, effort * 20);
  test_damage(random, effort * 20);
  test_numbers(random, effort * 500);
  test_ranges(random, effort * 500);
  test_sums(random, effort * 5);
  test_wrong_sets();
  return test::check_report(hardware != nullptr ? "digest (with instructions)"
                                                : "digest (scalar only)");
}
