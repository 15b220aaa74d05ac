// CRC-32C by the CRC32C instructions of ARMv8 (optional in 8.0, in every CPU
// from 8.1 on). Only the functions marked OCTOLOAD_CRC are compiled for them.
#if defined(__aarch64__)

#include <cstring>

#include "crc32c.h"

#if defined(__linux__)
#include <sys/auxv.h>
#endif

#if defined(__clang__)
#define OCTOLOAD_CRC __attribute__((target("crc")))
#define OCTOLOAD_CRC32CX __builtin_arm_crc32cd
#define OCTOLOAD_CRC32CW __builtin_arm_crc32cw
#define OCTOLOAD_CRC32CB __builtin_arm_crc32cb
#else
#define OCTOLOAD_CRC __attribute__((target("+crc")))
#define OCTOLOAD_CRC32CX __builtin_aarch64_crc32cx
#define OCTOLOAD_CRC32CW __builtin_aarch64_crc32cw
#define OCTOLOAD_CRC32CB __builtin_aarch64_crc32cb
#endif

namespace octoload {
namespace {

OCTOLOAD_CRC uint32_t update_armv8(uint32_t state, const uint8_t* data, size_t size) noexcept {
  for (; size >= 8; size -= 8, data += 8) {
    uint64_t word;
    std::memcpy(&word, data, sizeof word);
    state = OCTOLOAD_CRC32CX(state, word);
  }
  if (size >= 4) {
    uint32_t word;
    std::memcpy(&word, data, sizeof word);
    state = OCTOLOAD_CRC32CW(state, word);
    size -= 4;
    data += 4;
  }
  for (; size > 0; --size, ++data) state = OCTOLOAD_CRC32CB(state, *data);
  return state;
}

bool has_crc_instructions() noexcept {
#if defined(__linux__)
  constexpr unsigned long kHwcapCrc32 = 1ul << 7;  // HWCAP_CRC32 of Linux's asm/hwcap.h
  return (getauxval(AT_HWCAP) & kHwcapCrc32) != 0;
#else
  return true;  // every Mac with an ARM CPU has them
#endif
}

}  // namespace

Crc32cUpdate crc32c_update_hardware() noexcept {
  return has_crc_instructions() ? &update_armv8 : nullptr;
}

}  // namespace octoload

#endif
