#include "sha256.h"

#include <algorithm>
#include <bit>

#include "sha256_constants.h"

namespace octoload::digest {
namespace {

static_assert(std::endian::native == std::endian::little, "words are swapped as they are loaded");

uint32_t load_word(const uint8_t* from) noexcept {
  uint32_t word;
  std::memcpy(&word, from, sizeof word);
  return __builtin_bswap32(word);
}

// Section 6.2.2, with the schedule's last 16 words in a ring.
void hash_block(uint32_t* state, const uint8_t* block) noexcept {
  uint32_t w[16];
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (unsigned t = 0; t < 64; ++t) {
    uint32_t& word = w[t % 16];
    if (t < 16) {
      word = load_word(block + 4 * t);
    } else {
      const uint32_t before2 = w[(t - 2) % 16], before15 = w[(t - 15) % 16];
      const uint32_t sigma1 = std::rotr(before2, 17) ^ std::rotr(before2, 19) ^ (before2 >> 10);
      const uint32_t sigma0 = std::rotr(before15, 7) ^ std::rotr(before15, 18) ^ (before15 >> 3);
      word += sigma1 + w[(t - 7) % 16] + sigma0;
    }
    const uint32_t sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const uint32_t sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const uint32_t t1 = h + sum1 + ((e & f) ^ (~e & g)) + kShaRounds[t] + word;
    const uint32_t t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const uint32_t after[8] = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < 8; ++i) state[i] += after[i];
}

}  // namespace

void sha_blocks_scalar(uint32_t* state, const uint8_t* blocks, size_t count) noexcept {
  for (; count > 0; --count, blocks += kShaBlockBytes) hash_block(state, blocks);
}

ShaBlocks sha_blocks() noexcept {
  static const ShaBlocks chosen = [] {
    const ShaBlocks hardware = sha_blocks_hardware();
    return hardware != nullptr ? hardware : &sha_blocks_scalar;
  }();
  return chosen;
}

void Sha256::flush() noexcept {
  const size_t whole = used_ / kShaBlockBytes;
  const size_t bytes = whole * kShaBlockBytes;
  blocks_(state_.data(), buffer_, whole);
  hashed_ += bytes;
  used_ -= bytes;
  std::memmove(buffer_, buffer_ + bytes, used_);
}

// Section 5.1.1: a one bit, zeros, and the length in bits as a big-endian u64.
size_t Sha256::pad() noexcept {
  const uint64_t bits = __builtin_bswap64((hashed_ + used_) * 8);
  const size_t end = (used_ + 1 + 8 + kShaBlockBytes - 1) / kShaBlockBytes * kShaBlockBytes;
  buffer_[used_] = 0x80;
  std::memset(buffer_ + used_ + 1, 0, end - used_ - 1);
  std::memcpy(buffer_ + end - sizeof bits, &bits, sizeof bits);
  return end / kShaBlockBytes;
}

const ShaState& Sha256::finish() noexcept {
  blocks_(state_.data(), buffer_, pad());
  return state_;
}

void Sha256::finish_both(Sha256& a, Sha256& b, ShaPair pair) noexcept {
  const size_t of_a = a.pad(), of_b = b.pad();
  const size_t both = pair != nullptr ? std::min(of_a, of_b) : 0;
  const size_t bytes = both * kShaBlockBytes;
  if (both > 0) pair(a.state_.data(), a.buffer_, b.state_.data(), b.buffer_, both);
  a.blocks_(a.state_.data(), a.buffer_ + bytes, of_a - both);
  b.blocks_(b.state_.data(), b.buffer_ + bytes, of_b - both);
}

#if !defined(__x86_64__) && !defined(__aarch64__)
ShaBlocks sha_blocks_hardware() noexcept { return nullptr; }
#endif
#if !defined(__x86_64__)
ShaPair sha_pair() noexcept { return nullptr; }
#endif

}  // namespace octoload::digest
