// CRC-32C by the CRC32 instruction of SSE 4.2. Only the functions marked
// OCTOLOAD_SSE42 are compiled for it, so that no inline function of a header
// can end up in this object file with instructions an older CPU lacks.
#if defined(__x86_64__)

#include <cpuid.h>
#include <nmmintrin.h>

#include <cstring>

#include "crc32c.h"

// From 14 on Clang counts the instruction as a feature of its own.
#if defined(__clang__) && __clang_major__ >= 14
#define OCTOLOAD_SSE42 __attribute__((target("sse4.2,crc32")))
#else
#define OCTOLOAD_SSE42 __attribute__((target("sse4.2")))
#endif

namespace octoload {
namespace {

// The instruction has a latency of three cycles and takes eight bytes; at the
// 100 to 300 bytes of an envelope several streams would gain nothing.
OCTOLOAD_SSE42 uint32_t update_sse42(uint32_t state, const uint8_t* data, size_t size) noexcept {
  uint64_t wide = state;
  for (; size >= 8; size -= 8, data += 8) {
    uint64_t word;
    std::memcpy(&word, data, sizeof word);
    wide = _mm_crc32_u64(wide, word);
  }
  uint32_t narrow = static_cast<uint32_t>(wide);
  if ((size & 4) != 0) {
    uint32_t word;
    std::memcpy(&word, data, sizeof word);
    narrow = _mm_crc32_u32(narrow, word);
    data += 4;
  }
  if ((size & 2) != 0) {
    uint16_t word;
    std::memcpy(&word, data, sizeof word);
    narrow = _mm_crc32_u16(narrow, word);
    data += 2;
  }
  if ((size & 1) != 0) narrow = _mm_crc32_u8(narrow, *data);
  return narrow;
}

}  // namespace

Crc32cUpdate crc32c_update_hardware() noexcept {
  constexpr unsigned kSse42 = 1u << 20;  // CPUID leaf 1, ECX (Intel SDM volume 2A, CPUID)
  unsigned eax, ebx, ecx, edx;
  const bool asked = __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0;
  return asked && (ecx & kSse42) != 0 ? &update_sse42 : nullptr;
}

}  // namespace octoload

#endif
