// Opens and closes a region of one file that may use an instruction set the
// rest of the build may not assume.
//
// Hazard: an inline function of a library header that is compiled inside such
// a region can be merged by the linker with everybody else's copy and then
// fault on an older CPU. So every include stands before the region, and
// everything inside it lies in an unnamed namespace.
#pragma once

#define OCTOLOAD_PRAGMA(text) _Pragma(#text)

#if defined(__clang__)
#define OCTOLOAD_ISA_REGION_BEGIN(isa) \
  OCTOLOAD_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define OCTOLOAD_ISA_REGION_END OCTOLOAD_PRAGMA(clang attribute pop)
#else
#define OCTOLOAD_ISA_REGION_BEGIN(isa) \
  OCTOLOAD_PRAGMA(GCC push_options) OCTOLOAD_PRAGMA(GCC target(isa))
#define OCTOLOAD_ISA_REGION_END OCTOLOAD_PRAGMA(GCC pop_options)
#endif

#define OCTOLOAD_INLINE static inline __attribute__((always_inline))
