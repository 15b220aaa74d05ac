// AVX2: four rows a step, bits spread by magic masks.
#include "kernels.h"
#include "level_tables.h"
#include "magic_masks.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "../common/isa_region.h"

namespace octoload::morton {
namespace {

OCTOLOAD_ISA_REGION_BEGIN("avx2")

#include "avx2_lanes_inl.h"
#include "magic_lanes_inl.h"

struct V : Avx2Lanes {
  OCTOLOAD_INLINE U64 interleave(U64 x, U64 y, U64 z) { return interleave_lanes<V>(x, y, z); }
  OCTOLOAD_INLINE void deinterleave(U64 code, U64 index[3]) { deinterleave_lanes<V>(code, index); }
};

#include "batch_inl.h"

constexpr Kernel kKernel = kernel_of<V>("avx2");

OCTOLOAD_ISA_REGION_END

}  // namespace

const Kernel kAvx2Kernel = kKernel;

}  // namespace octoload::morton

#endif
