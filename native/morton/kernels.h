// Which kernels this build carries, and the choice between them.
#pragma once

#include <span>
#include <string_view>

#include "kernel.h"

namespace octoload::morton {

extern const Kernel kScalarKernel;
#if defined(__x86_64__)
extern const Kernel kBmi2Kernel;
extern const Kernel kAvx2Kernel;
extern const Kernel kAvx512Kernel;
#elif defined(__aarch64__)
extern const Kernel kNeonKernel;
#endif

struct KernelChoice {
  const Kernel* kernel;  // nullptr: not in a build for this architecture
  const char* name;
  bool runnable;       // on this CPU, under this operating system
  bool preferred;      // false: runs, but is no faster here than a later one
  const char* reason;  // why not runnable or not preferred; "" otherwise
};

// Every kernel by name, best first; the oracle last. Read once, at first use.
std::span<const KernelChoice> kernel_choices() noexcept;

// The first that is runnable and preferred. There always is one: scalar.
const KernelChoice& best_kernel() noexcept;

// By name; nullptr when there is none of that name.
const KernelChoice* find_kernel(std::string_view name) noexcept;

}  // namespace octoload::morton
