// Blocks against LZ4's own functions: what the kept state compresses must be
// what a fresh one does, and what is decompressed what LZ4 decompresses.
#include "../../native/envelope/lz4_block.h"

#include <cstdlib>
#include <memory>
#include <vector>

#include "check.h"
#include "envelope_reference.h"
#include "random.h"

using namespace octoload::envelope;
using octoload::test::Random;
using octoload::test::reference_block;
using Bytes = std::vector<uint8_t>;

namespace {

// Text that repeats itself and the dictionary, more or less.
Bytes random_text(Random& random, size_t size, unsigned words) {
  Bytes text;
  while (text.size() < size) {
    Random word(random.next() % words);
    for (size_t i = word.next() % 12 + 1; i > 0; --i) {
      text.push_back(static_cast<uint8_t>('a' + word.next() % 26));
    }
  }
  text.resize(size);
  return text;
}

// Mostly rows' sizes, and those where LZ4 changes its ways: 4 KiB, 64 KiB.
size_t random_size(Random& random) {
  switch (random.next() % 64) {
    case 0:
      return 4080 + random.next() % 40;
    case 1:
      return 65500 + random.next() % 100;
    case 2:
      return random.next() % 30000;
    default:
      return kMinCompressibleBytes + random.next() % 300;
  }
}

std::shared_ptr<const Dictionary> random_dictionary(Random& random) {
  constexpr size_t kSizes[] = {1, 7, 8, 100, 4096, 16384, 65535, 65536};
  return Dictionary::create(1, random_text(random, kSizes[random.next() % 8], 5000));
}

struct Case {
  Bytes text, block;
};

// Compresses in one run, as a batch does, and each text alone.
std::vector<Case> compress_batch(Random& random, const Dictionary* dictionary, size_t count) {
  std::vector<Case> cases;
  const auto compressor = std::make_unique<BlockCompressor>(dictionary);
  for (size_t i = 0; i < count; ++i) {
    Case made{random_text(random, random_size(random), random.next() % 8 == 0 ? ~0u : 3000), {}};
    made.block.resize(made.text.size());
    const size_t capacity = made.text.size() - random.next() % 8;
    made.block.resize(
        compressor->compress(made.text.data(), made.text.size(), made.block.data(), capacity));
    CHECK(made.block == reference_block(made.text, dictionary, capacity));
    cases.push_back(std::move(made));
  }
  return cases;
}

// LZ4 counts positions up by 64 KiB and more a text; past 1 GiB it starts anew.
void test_long_run(Random& random) {
  const auto dictionary = random_dictionary(random);
  const auto compressor = std::make_unique<BlockCompressor>(dictionary.get());
  constexpr size_t kRestart = (size_t{1} << 30) / 65536;
  Bytes block(400);
  for (size_t i = 0; i < kRestart + 100; ++i) {
    const Bytes text = random_text(random, 20 + random.next() % 20, 3000);
    const size_t size = compressor->compress(text.data(), text.size(), block.data(), text.size());
    if (i % 64 != 0 && i + 100 < kRestart) continue;
    CHECK(Bytes(block.begin(), block.begin() + static_cast<ptrdiff_t>(size)) ==
          reference_block(text, dictionary.get(), text.size()));
  }
}

// Our outcome in a buffer of its own, so that a sanitizer sees any overrun.
struct Outcome {
  bool good = false;
  Bytes text;
};

Outcome decompress(const Bytes& block, const Dictionary* dictionary, size_t size, size_t slack) {
  Outcome outcome;
  outcome.text.assign(size + slack, 0xEE);
  const Bytes exact(block);
  outcome.good = decompress_block(exact.data(), exact.size(), dictionary, outcome.text.data(), size,
                                  size + slack);
  outcome.text.resize(size);
  return outcome;
}

void check_decompressed(const Case& made, const Dictionary* dictionary, Random& random) {
  const size_t size = made.text.size();
  for (const size_t slack : {size_t{0}, static_cast<size_t>(random.next() % 100)}) {
    const Outcome outcome = decompress(made.block, dictionary, size, slack);
    CHECK(outcome.good && outcome.text == made.text);
    CHECK(!decompress(made.block, dictionary, size - 1, slack).good);
    CHECK(!decompress(made.block, dictionary, size + 1, slack).good);
  }
}

Bytes change(Bytes block, Random& random) {
  switch (random.next() % 4) {
    case 0:
      block.resize(random.next() % (block.size() + 1));
      break;
    case 1:
      block.insert(block.end(), random.next() % 20, static_cast<uint8_t>(random.next()));
      break;
    default:
      for (size_t i = random.next() % 3 + 1; i > 0 && !block.empty(); --i) {
        block[random.next() % block.size()] = static_cast<uint8_t>(random.next());
      }
  }
  return block;
}

// docs/envelope.md's words on blocks, a byte at a time: the oracle for hostile
// ones. Whether the block is one whose content has `size` bytes.
bool reference_decompress(const Bytes& block, std::span<const uint8_t> dictionary, size_t size,
                          Bytes* text) {
  Bytes all(dictionary.begin(), dictionary.end());
  size_t at = 0;
  const auto more = [&](size_t length) {
    for (uint8_t byte = 255; length >= 15 && byte == 255 && at < block.size(); length += byte) {
      byte = block[at++];
      if (byte == 255 && at == block.size()) return SIZE_MAX;
    }
    return length;
  };
  while (at < block.size()) {
    const unsigned token = block[at++];
    if (token >> 4 == 15 && at == block.size()) return false;
    for (size_t left = more(token >> 4); left > 0; --left) {
      if (at == block.size()) return false;
      all.push_back(block[at++]);
    }
    if (at == block.size()) {
      text->assign(all.begin() + static_cast<ptrdiff_t>(dictionary.size()), all.end());
      return text->size() == size;
    }
    if (at + 2 > block.size()) return false;
    const size_t offset = block[at] + 256u * block[at + 1];
    at += 2;
    if ((token & 15) == 15 && at == block.size()) return false;
    const size_t length = more(token & 15);
    if (offset == 0 || offset > all.size() || length == SIZE_MAX) return false;
    for (size_t left = length + 4; left > 0; --left) all.push_back(all[all.size() - offset]);
    if (all.size() > dictionary.size() + size) return false;
  }
  return false;
}

std::span<const uint8_t> bytes_of(const Dictionary* dictionary) {
  return dictionary != nullptr ? dictionary->bytes() : std::span<const uint8_t>{};
}

// Ours must say what the reference says; true when both took the block.
bool check_against_reference(const Bytes& block, const Dictionary* dictionary, size_t size) {
  Bytes text;
  const bool good = reference_decompress(block, bytes_of(dictionary), size, &text);
  for (const size_t slack : {0u, 10u, 64u}) {
    const Outcome outcome = decompress(block, dictionary, size, slack);
    CHECK_EQ(outcome.good, good);
    if (good) CHECK(outcome.text == text);
  }
  return good;
}

// What LZ4's own decoder takes we take, but for an offset of 0.
void check_against_lz4(const Bytes& block, const Dictionary* dictionary, size_t size) {
  Bytes theirs(size), text;
  const auto prefix = bytes_of(dictionary);
  const int written = LZ4_decompress_safe_usingDict(
      reinterpret_cast<const char*>(block.data()), reinterpret_cast<char*>(theirs.data()),
      static_cast<int>(block.size()), static_cast<int>(size),
      reinterpret_cast<const char*>(prefix.data()), static_cast<int>(prefix.size()));
  if (written != static_cast<int>(size)) return;
  if (reference_decompress(block, prefix, size, &text)) CHECK(text == theirs);
}

size_t check_hostile(const Case& made, const Dictionary* dictionary, Random& random) {
  const Bytes block = change(made.block, random);
  check_against_lz4(block, dictionary, made.text.size());
  return check_against_reference(block, dictionary, made.text.size()) ? 1 : 0;
}

void append_length(Bytes& block, size_t length) {
  if (length < 15) return;
  for (length -= 15; length >= 255; length -= 255) block.push_back(255);
  block.push_back(static_cast<uint8_t>(length));
}

// Sequences that no compressor would choose: any lengths, offsets from near and
// far, into the dictionary and over its end.
void test_odd_sequences(Random& random, size_t rounds) {
  size_t taken = 0;
  for (size_t round = 0; round < rounds; ++round) {
    const auto dictionary = random_dictionary(random);
    Bytes block;
    size_t size = 0;
    for (size_t left = random.next() % 6; left > 0; --left) {
      const size_t literals = random.next() % (random.next() % 8 == 0 ? 600 : 20);
      const size_t length = random.next() % (random.next() % 8 == 0 ? 600 : 20);
      const size_t token = (literals < 15 ? literals : 15) << 4 | (length < 15 ? length : 15);
      block.push_back(static_cast<uint8_t>(token));
      append_length(block, literals);
      block.resize(block.size() + literals, static_cast<uint8_t>(random.next()));
      size += literals;
      const size_t reach = size + (random.next() % 2 == 0 ? dictionary->bytes().size() : 20);
      const size_t offset = random.next() % (reach + 2);
      block.push_back(static_cast<uint8_t>(offset));
      block.push_back(static_cast<uint8_t>(offset >> 8));
      append_length(block, length);
      size += length + 4;
    }
    block.push_back(0x30);
    block.insert(block.end(), {'e', 'n', 'd'});
    taken += check_against_reference(block, dictionary.get(), size + 3) ? 1 : 0;
  }
  CHECK(taken > rounds / 8);
}

Outcome decompress_bytes(const Bytes& block, size_t size) {
  return decompress(block, nullptr, size, 64);
}

void test_hand_made() {
  CHECK(decompress_bytes({0x30, 'a', 'b', 'c'}, 3).good);
  CHECK(!decompress_bytes({0x30, 'a', 'b'}, 3).good);
  CHECK(!decompress_bytes({}, 1).good);
  CHECK(!decompress_bytes({0xF0}, 15).good);
  CHECK(!decompress_bytes({0xF0, 255, 255}, 600).good);
  const Outcome run = decompress_bytes({0x10, 'x', 1, 0, 0x00}, 5);
  CHECK(run.good && run.text == Bytes(5, 'x'));
  CHECK(!decompress_bytes({0x10, 'x', 0, 0, 0x00}, 5).good);  // an offset of 0
  CHECK(!decompress_bytes({0x10, 'x', 2, 0, 0x00}, 5).good);  // from before the start
  CHECK(!decompress_bytes({0x10, 'x', 1, 0}, 5).good);        // ends in a match
  CHECK(!decompress_bytes({0x10, 'x', 1}, 5).good);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
  Random random(64);
  test_hand_made();
  test_long_run(random);
  test_odd_sequences(random, 2000 * effort);
  size_t taken = 0;
  for (size_t round = 0; round < 4 * effort; ++round) {
    const auto dictionary = round % 2 == 0 ? nullptr : random_dictionary(random);
    for (const Case& made : compress_batch(random, dictionary.get(), 1200)) {
      if (made.block.empty()) continue;
      check_decompressed(made, dictionary.get(), random);
      taken += check_hostile(made, dictionary.get(), random);
    }
  }
  CHECK(taken > effort);
  return octoload::test::check_report("lz4_block");
}
