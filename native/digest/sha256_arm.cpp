// SHA-256 by the SHA-2 instructions of ARMv8 (optional there; Arm ARM,
// SHA256H, SHA256H2, SHA256SU0, SHA256SU1).
#if defined(__aarch64__)

#include <arm_neon.h>

#include "../common/isa_region.h"
#include "sha256.h"
#include "sha256_constants.h"

#if defined(__linux__)
#include <sys/auxv.h>
#endif

#if defined(__clang__)
#define OCTOLOAD_SHA2 "sha2"
#else
#define OCTOLOAD_SHA2 "+crypto"
#endif

namespace octoload::digest {
namespace {

OCTOLOAD_ISA_REGION_BEGIN(OCTOLOAD_SHA2)

struct Halves {
  uint32x4_t abcd, efgh;
};

OCTOLOAD_INLINE uint32x4_t load_words(const uint8_t* from) {
  return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(from)));
}

// Four rounds, of which the first is number 4 * group.
OCTOLOAD_INLINE void four_rounds(Halves& halves, uint32x4_t words, unsigned group) {
  const uint32x4_t sums = vaddq_u32(words, vld1q_u32(kShaRounds + 4 * group));
  const uint32x4_t abcd = halves.abcd;
  halves.abcd = vsha256hq_u32(abcd, halves.efgh, sums);
  halves.efgh = vsha256h2q_u32(halves.efgh, abcd, sums);
}

// The schedule's next four words from the last sixteen.
OCTOLOAD_INLINE uint32x4_t next_words(uint32x4_t w0, uint32x4_t w1, uint32x4_t w2, uint32x4_t w3) {
  return vsha256su1q_u32(vsha256su0q_u32(w0, w1), w2, w3);
}

OCTOLOAD_INLINE void hash_block(Halves& halves, const uint8_t* block) {
  const Halves before = halves;
  uint32x4_t w0 = load_words(block), w1 = load_words(block + 16);
  uint32x4_t w2 = load_words(block + 32), w3 = load_words(block + 48);
#pragma GCC unroll 4
  for (unsigned group = 0; group < 16; group += 4) {
    four_rounds(halves, w0, group);
    four_rounds(halves, w1, group + 1);
    four_rounds(halves, w2, group + 2);
    four_rounds(halves, w3, group + 3);
    if (group == 12) break;
    w0 = next_words(w0, w1, w2, w3);
    w1 = next_words(w1, w2, w3, w0);
    w2 = next_words(w2, w3, w0, w1);
    w3 = next_words(w3, w0, w1, w2);
  }
  halves.abcd = vaddq_u32(halves.abcd, before.abcd);
  halves.efgh = vaddq_u32(halves.efgh, before.efgh);
}

void hash_blocks(uint32_t* state, const uint8_t* blocks, size_t count) noexcept {
  Halves halves = {vld1q_u32(state), vld1q_u32(state + 4)};
  for (; count > 0; --count, blocks += kShaBlockBytes) hash_block(halves, blocks);
  vst1q_u32(state, halves.abcd);
  vst1q_u32(state + 4, halves.efgh);
}

OCTOLOAD_ISA_REGION_END

bool has_sha_instructions() noexcept {
#if defined(__linux__)
  constexpr unsigned long kHwcapSha2 = 1ul << 6;  // HWCAP_SHA2 of Linux's asm/hwcap.h
  return (getauxval(AT_HWCAP) & kHwcapSha2) != 0;
#else
  return true;  // every Mac with an ARM CPU has them
#endif
}

}  // namespace

ShaBlocks sha_blocks_hardware() noexcept { return has_sha_instructions() ? &hash_blocks : nullptr; }

}  // namespace octoload::digest

#endif
