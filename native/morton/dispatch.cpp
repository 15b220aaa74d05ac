#include <array>

#include "../common/cpu.h"
#include "kernels.h"

namespace octoload::morton {
namespace {

constexpr const char* kOtherArchitecture = "this build is for another processor architecture";

KernelChoice choice(const char* name, const Kernel* kernel, bool runnable, const char* missing) {
  if (kernel == nullptr) return {nullptr, name, false, false, kOtherArchitecture};
  return {kernel, name, runnable, runnable, runnable ? "" : missing};
}

std::array<KernelChoice, 5> list_kernels() {
  const CpuFeatures& cpu = cpu_features();
#if defined(__x86_64__)
  const Kernel* const avx512 = &kAvx512Kernel;
  const Kernel* const bmi2 = &kBmi2Kernel;
  const Kernel* const avx2 = &kAvx2Kernel;
  const Kernel* const neon = nullptr;
#elif defined(__aarch64__)
  const Kernel* const avx512 = nullptr;
  const Kernel* const bmi2 = nullptr;
  const Kernel* const avx2 = nullptr;
  const Kernel* const neon = &kNeonKernel;
#else
  const Kernel* const avx512 = nullptr;
  const Kernel* const bmi2 = nullptr;
  const Kernel* const avx2 = nullptr;
  const Kernel* const neon = nullptr;
#endif
  std::array<KernelChoice, 5> choices = {
      choice("avx512", avx512, cpu.avx512,
             "the CPU or the operating system lacks AVX-512 F, DQ, BW, VL, VBMI or GFNI"),
      choice("bmi2", bmi2, cpu.bmi2 && cpu.avx2,
             "the CPU or the operating system lacks BMI2 or AVX2"),
      choice("avx2", avx2, cpu.avx2, "the CPU or the operating system lacks AVX2"),
      choice("neon", neon, cpu.neon, "the CPU lacks NEON"),
      choice("scalar", &kScalarKernel, true, ""),
  };
  if (choices[1].runnable && cpu.slow_pdep) {
    choices[1].preferred = false;
    choices[1].reason = "runs, but pdep and pext are slow on this CPU";
  }
  return choices;
}

}  // namespace

std::span<const KernelChoice> kernel_choices() noexcept {
  static const std::array<KernelChoice, 5> choices = list_kernels();
  return choices;
}

const KernelChoice& best_kernel() noexcept {
  const std::span<const KernelChoice> choices = kernel_choices();
  for (const KernelChoice& candidate : choices) {
    if (candidate.preferred) return candidate;
  }
  return choices.back();
}

const KernelChoice* find_kernel(std::string_view name) noexcept {
  for (const KernelChoice& candidate : kernel_choices()) {
    if (name == candidate.name) return &candidate;
  }
  return nullptr;
}

}  // namespace octoload::morton
