// NEON (every AArch64): two rows a step, bits spread by magic masks.
#include "kernels.h"
#include "level_tables.h"
#include "magic_masks.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#include "../common/isa_region.h"

namespace octoload::morton {
namespace {

#include "magic_lanes_inl.h"

struct V {
  static constexpr unsigned kLanes = 2;
  using F64 = float64x2_t;
  using U64 = uint64x2_t;
  using Mask = uint64x2_t;

  OCTOLOAD_INLINE F64 load(const double* from) { return vld1q_f64(from); }
  OCTOLOAD_INLINE U64 load(const uint64_t* from) { return vld1q_u64(from); }
  OCTOLOAD_INLINE U64 pair(uint64_t a, uint64_t b) {
    return vcombine_u64(vcreate_u64(a), vcreate_u64(b));
  }
  OCTOLOAD_INLINE U64 load_bytes(const uint8_t* from) { return pair(from[0], from[1]); }
  OCTOLOAD_INLINE U64 load_cells(const uint16_t* from) { return pair(from[0], from[1]); }
  OCTOLOAD_INLINE void store(double* to, F64 v) { vst1q_f64(to, v); }
  OCTOLOAD_INLINE void store(uint64_t* to, U64 v) { vst1q_u64(to, v); }
  OCTOLOAD_INLINE void store_cells(uint16_t* to, U64 v) {
    to[0] = static_cast<uint16_t>(vgetq_lane_u64(v, 0));
    to[1] = static_cast<uint16_t>(vgetq_lane_u64(v, 1));
  }
  OCTOLOAD_INLINE F64 broadcast(double v) { return vdupq_n_f64(v); }
  OCTOLOAD_INLINE U64 broadcast(uint64_t v) { return vdupq_n_u64(v); }
  OCTOLOAD_INLINE F64 look_up(const double* table, U64 i) {
    return vcombine_f64(vld1_f64(table + vgetq_lane_u64(i, 0)),
                        vld1_f64(table + vgetq_lane_u64(i, 1)));
  }
  OCTOLOAD_INLINE U64 look_up(const uint64_t* table, U64 i) {
    return pair(table[vgetq_lane_u64(i, 0)], table[vgetq_lane_u64(i, 1)]);
  }
  OCTOLOAD_INLINE F64 sub(F64 a, F64 b) { return vsubq_f64(a, b); }
  OCTOLOAD_INLINE F64 mul(F64 a, F64 b) { return vmulq_f64(a, b); }
  OCTOLOAD_INLINE F64 add(F64 a, F64 b) { return vaddq_f64(a, b); }
  OCTOLOAD_INLINE F64 min(F64 a, F64 b) { return vminq_f64(a, b); }
  OCTOLOAD_INLINE F64 divide(F64 a, F64 b) { return vdivq_f64(a, b); }
  OCTOLOAD_INLINE U64 truncate(F64 v) { return vcvtq_u64_f64(v); }
  OCTOLOAD_INLINE F64 to_f64(U64 v) { return vcvtq_f64_u64(v); }
  OCTOLOAD_INLINE U64 bits(F64 v) { return vreinterpretq_u64_f64(v); }
  OCTOLOAD_INLINE F64 as_f64(U64 v) { return vreinterpretq_f64_u64(v); }
  OCTOLOAD_INLINE Mask in_unit(F64 t) {
    return vandq_u64(vcgeq_f64(t, vdupq_n_f64(0.0)), vcleq_f64(t, vdupq_n_f64(1.0)));
  }
  OCTOLOAD_INLINE Mask at_most(U64 a, U64 b) { return vcleq_u64(a, b); }
  OCTOLOAD_INLINE Mask no_bits(U64 v) { return vceqzq_u64(v); }
  OCTOLOAD_INLINE Mask both(Mask a, Mask b) { return vandq_u64(a, b); }
  OCTOLOAD_INLINE unsigned lane_bits(Mask m) {
    return static_cast<unsigned>((vgetq_lane_u64(m, 0) & 1) | (vgetq_lane_u64(m, 1) & 2));
  }
  OCTOLOAD_INLINE U64 bit_and(U64 a, U64 b) { return vandq_u64(a, b); }
  OCTOLOAD_INLINE U64 bit_or(U64 a, U64 b) { return vorrq_u64(a, b); }
  OCTOLOAD_INLINE U64 bit_add(U64 a, U64 b) { return vaddq_u64(a, b); }
  template <unsigned kCount>
  OCTOLOAD_INLINE U64 shift_left(U64 v) {
    return vshlq_n_u64(v, kCount);
  }
  template <unsigned kCount>
  OCTOLOAD_INLINE U64 shift_right(U64 v) {
    return vshrq_n_u64(v, kCount);
  }
  OCTOLOAD_INLINE U64 interleave(U64 x, U64 y, U64 z) { return interleave_lanes<V>(x, y, z); }
  OCTOLOAD_INLINE void deinterleave(U64 code, U64 index[3]) { deinterleave_lanes<V>(code, index); }
};

#include "batch_inl.h"

constexpr Kernel kKernel = kernel_of<V>("neon");

}  // namespace

const Kernel kNeonKernel = kKernel;

}  // namespace octoload::morton

#endif
