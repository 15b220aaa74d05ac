// What this CPU can run, and what the operating system saves of it.
#pragma once

#include <string>

namespace octoload {

struct CpuFeatures {
  bool avx2 = false;
  bool bmi2 = false;
  bool avx512 = false;  // F, DQ, BW, VL, VBMI and GFNI together: all that our kernel uses
  bool neon = false;
  bool slow_pdep = false;  // pdep and pext run in microcode (AMD before Zen 3, Hygon)
  std::string brand;       // as the CPU names itself; empty when it does not
};

// Asks once (CPUID, and XGETBV for the registers the OS saves).
const CpuFeatures& cpu_features() noexcept;

// The rule for slow pdep, apart so that it can be tested without such a CPU.
// `family` is the displayed family: base plus extended.
bool has_slow_pdep(const char* vendor, unsigned family) noexcept;

}  // namespace octoload
