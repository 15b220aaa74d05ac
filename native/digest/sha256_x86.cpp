// SHA-256 by the SHA instructions of x86 (Intel SDM volume 2, SHA256RNDS2,
// SHA256MSG1, SHA256MSG2; on every Zen, and on Intel from Ice Lake on).
#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#include "../common/isa_region.h"
#include "sha256.h"
#include "sha256_constants.h"

namespace octoload::digest {
namespace {

OCTOLOAD_ISA_REGION_BEGIN("sha,sse4.1,ssse3")

// The state as the instructions want it: the words a, b, e, f, highest first,
// in one register and c, d, g, h in the other.
struct Halves {
  __m128i abef, cdgh;
};

OCTOLOAD_INLINE Halves split(const uint32_t* state) {
  const __m128i dcba = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state));
  const __m128i hgfe = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state + 4));
  const __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1);
  const __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);
  return {_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xF0)};
}

OCTOLOAD_INLINE void join(Halves halves, uint32_t* state) {
  const __m128i feba = _mm_shuffle_epi32(halves.abef, 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(halves.cdgh, 0xB1);
  const __m128i dcba = _mm_blend_epi16(feba, dchg, 0xF0);
  const __m128i hgfe = _mm_alignr_epi8(dchg, feba, 8);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state), dcba);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state + 4), hgfe);
}

OCTOLOAD_INLINE __m128i load_words(const uint8_t* from) {
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)), order);
}

// Four rounds, of which the first is number 4 * group.
OCTOLOAD_INLINE void four_rounds(Halves& halves, __m128i words, unsigned group) {
  const __m128i constants =
      _mm_load_si128(reinterpret_cast<const __m128i*>(kShaRounds + 4 * group));
  const __m128i sums = _mm_add_epi32(words, constants);
  halves.cdgh = _mm_sha256rnds2_epu32(halves.cdgh, halves.abef, sums);
  halves.abef = _mm_sha256rnds2_epu32(halves.abef, halves.cdgh, _mm_shuffle_epi32(sums, 0x0E));
}

// The schedule's next four words from the last sixteen.
OCTOLOAD_INLINE __m128i next_words(__m128i w0, __m128i w1, __m128i w2, __m128i w3) {
  const __m128i sigma0 = _mm_sha256msg1_epu32(w0, w1);
  return _mm_sha256msg2_epu32(_mm_add_epi32(sigma0, _mm_alignr_epi8(w3, w2, 4)), w3);
}

OCTOLOAD_INLINE void hash_block(Halves& halves, const uint8_t* block) {
  const Halves before = halves;
  __m128i w0 = load_words(block), w1 = load_words(block + 16);
  __m128i w2 = load_words(block + 32), w3 = load_words(block + 48);
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
  halves.abef = _mm_add_epi32(halves.abef, before.abef);
  halves.cdgh = _mm_add_epi32(halves.cdgh, before.cdgh);
}

void hash_blocks(uint32_t* state, const uint8_t* blocks, size_t count) noexcept {
  Halves halves = split(state);
  for (; count > 0; --count, blocks += kShaBlockBytes) hash_block(halves, blocks);
  join(halves, state);
}

OCTOLOAD_ISA_REGION_END

}  // namespace

// CPUID leaf 7, EBX bit 29: SHA; leaf 1, ECX bits 19 and 9: SSE 4.1, SSSE3.
ShaBlocks sha_blocks_hardware() noexcept {
  constexpr unsigned kSha = 1u << 29, kSse = 1u << 19 | 1u << 9;
  unsigned eax, ebx, ecx, edx;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & kSse) != kSse) return nullptr;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return nullptr;
  return (ebx & kSha) != 0 ? &hash_blocks : nullptr;
}

}  // namespace octoload::digest

#endif
