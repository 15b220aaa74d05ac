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

// One message on its way through a block: its state, and the schedule's last
// sixteen words in four registers.
struct Stream {
  Halves halves, before;
  __m128i w[4];
};

OCTOLOAD_INLINE void begin_block(Stream& stream, const uint8_t* block) {
  stream.before = stream.halves;
  for (unsigned i = 0; i < 4; ++i) stream.w[i] = load_words(block + 16 * i);
}

OCTOLOAD_INLINE void schedule(Stream& stream, unsigned i) {
  __m128i* const w = stream.w;
  w[i] = next_words(w[i], w[(i + 1) % 4], w[(i + 2) % 4], w[(i + 3) % 4]);
}

OCTOLOAD_INLINE void end_block(Stream& stream) {
  stream.halves.abef = _mm_add_epi32(stream.halves.abef, stream.before.abef);
  stream.halves.cdgh = _mm_add_epi32(stream.halves.cdgh, stream.before.cdgh);
}

void hash_blocks(uint32_t* state, const uint8_t* blocks, size_t count) noexcept {
  Stream stream;
  stream.halves = split(state);
  for (; count > 0; --count, blocks += kShaBlockBytes) {
    begin_block(stream, blocks);
#pragma GCC unroll 16
    for (unsigned group = 0; group < 16; ++group) {
      if (group >= 4) schedule(stream, group % 4);
      four_rounds(stream.halves, stream.w[group % 4], group);
    }
    end_block(stream);
  }
  join(stream.halves, state);
}

void hash_pairs(uint32_t* state_a, const uint8_t* blocks_a, uint32_t* state_b,
                const uint8_t* blocks_b, size_t count) noexcept {
  Stream a, b;
  a.halves = split(state_a);
  b.halves = split(state_b);
  for (; count > 0; --count, blocks_a += kShaBlockBytes, blocks_b += kShaBlockBytes) {
    begin_block(a, blocks_a);
    begin_block(b, blocks_b);
#pragma GCC unroll 16
    for (unsigned group = 0; group < 16; ++group) {
      if (group >= 4) {
        schedule(a, group % 4);
        schedule(b, group % 4);
      }
      four_rounds(a.halves, a.w[group % 4], group);
      four_rounds(b.halves, b.w[group % 4], group);
    }
    end_block(a);
    end_block(b);
  }
  join(a.halves, state_a);
  join(b.halves, state_b);
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

ShaPair sha_pair() noexcept {
  static const ShaPair chosen = sha_blocks_hardware() != nullptr ? &hash_pairs : nullptr;
  return chosen;
}

}  // namespace octoload::digest

#endif
