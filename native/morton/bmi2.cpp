// BMI2: pdep and pext place the bits, AVX2 does the arithmetic of four rows.
#include "kernels.h"
#include "level_tables.h"
#include "magic_masks.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "../common/isa_region.h"

namespace octoload::morton {
namespace {

OCTOLOAD_ISA_REGION_BEGIN("avx2,bmi2")

#include "avx2_lanes_inl.h"

constexpr unsigned long long axis_bits(unsigned axis) { return kThird[5] << axis; }

struct V : Avx2Lanes {
  // Through memory: pdep takes scalar registers, and a narrow load from a wider
  // store forwards, which beats eight vector extracts.
  OCTOLOAD_INLINE U64 interleave(U64 x, U64 y, U64 z) {
    alignas(32) uint64_t lanes[3][kLanes];
    store(lanes[0], x);
    store(lanes[1], y);
    store(lanes[2], z);
    return _mm256_set_epi64x(code(lanes, 3), code(lanes, 2), code(lanes, 1), code(lanes, 0));
  }

  OCTOLOAD_INLINE long long code(const uint64_t lanes[3][kLanes], unsigned lane) {
    return static_cast<long long>(_pdep_u64(lanes[0][lane], axis_bits(0)) |
                                  _pdep_u64(lanes[1][lane], axis_bits(1)) |
                                  _pdep_u64(lanes[2][lane], axis_bits(2)));
  }

  OCTOLOAD_INLINE void deinterleave(U64 codes, U64 index[3]) {
    alignas(32) uint64_t lanes[kLanes];
    store(lanes, codes);
    for (unsigned axis = 0; axis < 3; ++axis) {
      index[axis] = _mm256_set_epi64x(part(lanes[3], axis), part(lanes[2], axis),
                                      part(lanes[1], axis), part(lanes[0], axis));
    }
  }

  OCTOLOAD_INLINE long long part(uint64_t code, unsigned axis) {
    return static_cast<long long>(_pext_u64(code, axis_bits(axis)));
  }
};

#include "batch_inl.h"

constexpr Kernel kKernel = kernel_of<V>("bmi2");

OCTOLOAD_ISA_REGION_END

}  // namespace

const Kernel kBmi2Kernel = kKernel;

}  // namespace octoload::morton

#endif
