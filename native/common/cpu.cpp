#include "cpu.h"

#include <cstdint>
#include <cstdio>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace octoload {

bool has_slow_pdep(const char* vendor, unsigned family) noexcept {
  // Zen 3 (family 19h) is AMD's first with pdep and pext in hardware. Source:
  // AMD's optimization guides for families 17h and 19h, instruction latencies.
  if (std::strcmp(vendor, "AuthenticAMD") == 0) return family < 0x19;
  return std::strcmp(vendor, "HygonGenuine") == 0;  // a Zen 1 design
}

#if defined(__x86_64__)
namespace {

struct Registers {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf = 0) noexcept {
  Registers r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

constexpr bool bit(unsigned word, unsigned index) { return (word >> index) & 1; }

// XCR0: which register files the OS saves on a context switch. Source: Intel
// SDM volume 1, 13.3. Only to be called when CPUID shows OSXSAVE.
uint64_t saved_state() noexcept {
  uint32_t low = 0;
  uint32_t high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t{high} << 32) | low;
}

void read_identity(CpuFeatures& features) {
  const Registers zero = cpuid(0);
  char vendor[13] = {};
  std::memcpy(vendor, &zero.ebx, 4);
  std::memcpy(vendor + 4, &zero.edx, 4);
  std::memcpy(vendor + 8, &zero.ecx, 4);
  const unsigned signature = cpuid(1).eax;
  const unsigned base = (signature >> 8) & 0xf;
  const unsigned family = base == 0xf ? base + ((signature >> 20) & 0xff) : base;
  features.slow_pdep = has_slow_pdep(vendor, family);

  char brand[49] = {};
  if (cpuid(0x80000000).eax >= 0x80000004) {
    for (unsigned part = 0; part < 3; ++part) {
      const Registers r = cpuid(0x80000002 + part);
      std::memcpy(brand + part * 16, &r, 16);
    }
  }
  const char* start = brand;
  while (*start == ' ') ++start;
  features.brand = start;
  while (!features.brand.empty() && features.brand.back() == ' ') features.brand.pop_back();
}

CpuFeatures detect() {
  CpuFeatures features;
  read_identity(features);
  const Registers one = cpuid(1);
  const Registers seven = cpuid(7);
  const uint64_t saved = bit(one.ecx, 27) ? saved_state() : 0;
  const bool ymm_saved = (saved & 0x6) == 0x6;    // SSE and AVX state
  const bool zmm_saved = (saved & 0xe6) == 0xe6;  // and opmask, ZMM_Hi256, Hi16_ZMM
  features.avx2 = ymm_saved && bit(one.ecx, 28) && bit(seven.ebx, 5);
  features.bmi2 = bit(seven.ebx, 8);
  features.avx512 = zmm_saved && features.avx2 && bit(seven.ebx, 16) && bit(seven.ebx, 17) &&
                    bit(seven.ebx, 30) && bit(seven.ebx, 31) && bit(seven.ecx, 1) &&
                    bit(seven.ecx, 8);
  return features;
}

}  // namespace
#elif defined(__aarch64__)
namespace {

CpuFeatures detect() {
  CpuFeatures features;
  features.neon = true;  // part of every AArch64
  if (std::FILE* file = std::fopen("/proc/device-tree/model", "r")) {
    char line[128] = {};
    if (std::fgets(line, sizeof line, file) != nullptr) features.brand = line;
    std::fclose(file);
  }
  return features;
}

}  // namespace
#else
namespace {

CpuFeatures detect() { return {}; }

}  // namespace
#endif

const CpuFeatures& cpu_features() noexcept {
  static const CpuFeatures features = detect();
  return features;
}

}  // namespace octoload
