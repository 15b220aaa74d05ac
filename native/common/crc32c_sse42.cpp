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

// The instruction takes eight bytes and has a latency of three cycles, but one
// can start every cycle: long inputs are three streams side by side.
constexpr size_t kStreamBytes = 1024;
constexpr size_t kStreams = 3;

OCTOLOAD_SSE42 uint32_t update_one_stream(uint32_t state, const uint8_t* data,
                                          size_t size) noexcept {
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

// What kStreamBytes zeros make of a state. It is linear in the state's bits, so
// the images of the 32 bits say it all; the tables add them up a byte at a time.
class ZerosAfter {
 public:
  ZerosAfter() noexcept {
    constexpr uint8_t kZeros[kStreamBytes] = {};
    for (unsigned position = 0; position < 4; ++position) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        const uint32_t state = 1u << (8 * position + bit);
        const uint32_t image = update_one_stream(state, kZeros, kStreamBytes);
        for (unsigned value = 0; value < 256; ++value) {
          if ((value >> bit & 1) != 0) table_[position][value] ^= image;
        }
      }
    }
  }

  uint32_t apply(uint32_t state) const noexcept {
    return table_[0][state & 0xff] ^ table_[1][state >> 8 & 0xff] ^ table_[2][state >> 16 & 0xff] ^
           table_[3][state >> 24];
  }

 private:
  uint32_t table_[4][256] = {};
};

OCTOLOAD_SSE42 uint32_t update_streams(uint32_t state, const uint8_t* data,
                                       const ZerosAfter& zeros) noexcept {
  uint64_t first = state, second = 0, third = 0;
  for (size_t at = 0; at < kStreamBytes; at += 8) {
    uint64_t words[kStreams];
    std::memcpy(&words[0], data + at, 8);
    std::memcpy(&words[1], data + kStreamBytes + at, 8);
    std::memcpy(&words[2], data + 2 * kStreamBytes + at, 8);
    first = _mm_crc32_u64(first, words[0]);
    second = _mm_crc32_u64(second, words[1]);
    third = _mm_crc32_u64(third, words[2]);
  }
  const uint32_t both = zeros.apply(static_cast<uint32_t>(first)) ^ static_cast<uint32_t>(second);
  return zeros.apply(both) ^ static_cast<uint32_t>(third);
}

uint32_t update_sse42(uint32_t state, const uint8_t* data, size_t size) noexcept {
  if (size >= kStreams * kStreamBytes) {
    static const ZerosAfter zeros;
    for (; size >= kStreams * kStreamBytes; size -= kStreams * kStreamBytes) {
      state = update_streams(state, data, zeros);
      data += kStreams * kStreamBytes;
    }
  }
  return update_one_stream(state, data, size);
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
