// AVX-512 F, DQ, BW, VL, VBMI and GFNI (Ice Lake, Zen 4 and later): eight rows a
// step. The bit work is three byte shuffles an axis instead of five
// shift-and-mask rounds; how is told beside the constants.
#include "kernels.h"
#include "level_tables.h"

#if defined(__x86_64__)

// GCC's own header of these intrinsics starts from deliberately uninitialised
// registers and then warns of them (GCC bug 105593).
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include "../common/isa_region.h"

namespace octoload::morton {
namespace {

OCTOLOAD_ISA_REGION_BEGIN("avx512f,avx512dq,avx512bw,avx512vl,avx512vbmi,gfni,avx2")

// Interleaving. Byte j of a code holds bits 8j .. 8j+7; those of one axis are at
// most three, every third bit, of the index bits first(j) and up. They start at
// bit phase(j) of the byte. So: fetch for each byte the eight index bits from
// first(j) on (vpmultishiftqb), keep three, add the phase as bits 3 and 4
// (vpternlogq), and let a table of 24 bytes place them (vpermb).
constexpr unsigned first_index_bit(unsigned byte, unsigned axis) {
  return byte * 8 <= axis ? 0 : (byte * 8 - axis + 2) / 3;
}

constexpr uint64_t fetch_control(unsigned axis) {
  uint64_t control = 0;
  for (unsigned byte = 0; byte < 8; ++byte) {
    control |= uint64_t{first_index_bit(byte, axis)} << (8 * byte);
  }
  return control;
}

constexpr uint64_t phase_bits(unsigned axis) {
  uint64_t phases = 0;
  for (unsigned byte = 0; byte < 8; ++byte) {
    const unsigned phase = 3 * first_index_bit(byte, axis) + axis - 8 * byte;
    phases |= uint64_t{phase << 3} << (8 * byte);
  }
  return phases;
}

struct Table64 {
  alignas(64) uint8_t bytes[64];
};

constexpr Table64 make_place_table() {
  Table64 table{};
  for (unsigned phase = 0; phase < 3; ++phase) {
    for (unsigned three = 0; three < 8; ++three) {
      unsigned placed = 0;
      for (unsigned bit = 0; bit < 3; ++bit) placed |= ((three >> bit) & 1u) << (phase + 3 * bit);
      table.bytes[phase << 3 | three] = static_cast<uint8_t>(placed);
    }
  }
  return table;
}

constexpr Table64 kPlace = make_place_table();

// Deinterleaving. A code's levels 8g .. 8g+7 are three bits each; vpmultishiftqb
// puts level 8g+k, with neighbours above it, into byte 7-k. Taken as an 8x8 bit
// matrix, vgf2p8affineqb then transposes it: byte i of its other operand names
// by one bit which axis lands in result byte i, a level a bit. Source of the
// instruction's bit order: Intel SDM volume 2, GF2P8AFFINEQB.
constexpr uint64_t level_control(unsigned group) {
  uint64_t control = 0;
  for (unsigned k = 0; k < 8; ++k) {
    const unsigned shift = 3 * (8 * group + k);
    control |= uint64_t{shift & 63} << (8 * (7 - k));
  }
  return control;
}

// x into byte `group` of the low half, y into that of the high half.
constexpr uint64_t xy_selector(unsigned group) {
  return uint64_t{1} << (8 * group) | uint64_t{2} << (8 * (group + 4));
}

constexpr uint64_t z_selector(unsigned group) { return uint64_t{4} << (8 * group); }

// Group 2 has five levels; what vpmultishiftqb wraps around to is masked out.
constexpr uint64_t kFiveLevels = 0xffffffffff000000;

struct V {
  static constexpr unsigned kLanes = 8;
  using F64 = __m512d;
  using U64 = __m512i;
  using Mask = __mmask8;

  OCTOLOAD_INLINE F64 load(const double* from) { return _mm512_loadu_pd(from); }
  OCTOLOAD_INLINE U64 load(const uint64_t* from) { return _mm512_loadu_si512(from); }
  OCTOLOAD_INLINE U64 load_bytes(const uint8_t* from) {
    return _mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
  }
  OCTOLOAD_INLINE U64 load_cells(const uint16_t* from) {
    return _mm512_cvtepu16_epi64(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  OCTOLOAD_INLINE void store(double* to, F64 v) { _mm512_storeu_pd(to, v); }
  OCTOLOAD_INLINE void store(uint64_t* to, U64 v) { _mm512_storeu_si512(to, v); }
  OCTOLOAD_INLINE void store_cells(uint16_t* to, U64 v) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi64_epi16(v));
  }
  OCTOLOAD_INLINE F64 broadcast(double v) { return _mm512_set1_pd(v); }
  OCTOLOAD_INLINE U64 broadcast(uint64_t v) { return _mm512_set1_epi64(static_cast<long long>(v)); }
  OCTOLOAD_INLINE F64 look_up(const double* table, U64 i) {
    return _mm512_i64gather_pd(i, table, 8);
  }
  OCTOLOAD_INLINE U64 look_up(const uint64_t* table, U64 i) {
    return _mm512_i64gather_epi64(i, table, 8);
  }
  OCTOLOAD_INLINE F64 sub(F64 a, F64 b) { return _mm512_sub_pd(a, b); }
  OCTOLOAD_INLINE F64 mul(F64 a, F64 b) { return _mm512_mul_pd(a, b); }
  OCTOLOAD_INLINE F64 add(F64 a, F64 b) { return _mm512_add_pd(a, b); }
  OCTOLOAD_INLINE F64 min(F64 a, F64 b) { return _mm512_min_pd(a, b); }
  OCTOLOAD_INLINE F64 divide(F64 a, F64 b) { return _mm512_div_pd(a, b); }
  OCTOLOAD_INLINE U64 truncate(F64 v) { return _mm512_cvttpd_epi64(v); }
  OCTOLOAD_INLINE F64 to_f64(U64 v) { return _mm512_cvtepi64_pd(v); }
  OCTOLOAD_INLINE U64 bits(F64 v) { return _mm512_castpd_si512(v); }
  OCTOLOAD_INLINE F64 as_f64(U64 v) { return _mm512_castsi512_pd(v); }
  OCTOLOAD_INLINE Mask in_unit(F64 t) {
    return _mm512_mask_cmp_pd_mask(_mm512_cmp_pd_mask(t, _mm512_setzero_pd(), _CMP_GE_OQ), t,
                                   _mm512_set1_pd(1.0), _CMP_LE_OQ);
  }
  OCTOLOAD_INLINE Mask at_most(U64 a, U64 b) { return _mm512_cmple_epu64_mask(a, b); }
  OCTOLOAD_INLINE Mask no_bits(U64 v) { return _mm512_testn_epi64_mask(v, v); }
  OCTOLOAD_INLINE Mask both(Mask a, Mask b) { return static_cast<Mask>(a & b); }
  OCTOLOAD_INLINE unsigned lane_bits(Mask m) { return m; }
  OCTOLOAD_INLINE U64 bit_and(U64 a, U64 b) { return _mm512_and_si512(a, b); }
  OCTOLOAD_INLINE U64 bit_or(U64 a, U64 b) { return _mm512_or_si512(a, b); }
  OCTOLOAD_INLINE U64 bit_add(U64 a, U64 b) { return _mm512_add_epi64(a, b); }
  template <unsigned kCount>
  OCTOLOAD_INLINE U64 shift_left(U64 v) {
    return _mm512_slli_epi64(v, kCount);
  }
  template <unsigned kCount>
  OCTOLOAD_INLINE U64 shift_right(U64 v) {
    return _mm512_srli_epi64(v, kCount);
  }

  template <unsigned kAxis>
  OCTOLOAD_INLINE U64 place(U64 index) {
    const U64 fetched = _mm512_multishift_epi64_epi8(broadcast(fetch_control(kAxis)), index);
    const U64 keyed =
        _mm512_ternarylogic_epi64(fetched, _mm512_set1_epi8(7), broadcast(phase_bits(kAxis)),
                                  0xea);  // (a & b) | c
    return _mm512_permutexvar_epi8(keyed, _mm512_load_si512(kPlace.bytes));
  }

  OCTOLOAD_INLINE U64 interleave(U64 x, U64 y, U64 z) {
    return _mm512_ternarylogic_epi64(place<0>(x), place<1>(y), place<2>(z), 0xfe);  // a | b | c
  }

  template <unsigned kGroup>
  OCTOLOAD_INLINE U64 levels(U64 code) {
    return _mm512_multishift_epi64_epi8(broadcast(level_control(kGroup)), code);
  }

  OCTOLOAD_INLINE U64 select(uint64_t selector, U64 matrix) {
    return _mm512_gf2p8affine_epi64_epi8(broadcast(selector), matrix, 0);
  }

  OCTOLOAD_INLINE void deinterleave(U64 code, U64 index[3]) {
    const U64 low = levels<0>(code);
    const U64 middle = levels<1>(code);
    const U64 high = bit_and(levels<2>(code), broadcast(kFiveLevels));
    const U64 xy =
        _mm512_ternarylogic_epi64(select(xy_selector(0), low), select(xy_selector(1), middle),
                                  select(xy_selector(2), high), 0xfe);
    index[0] = bit_and(xy, broadcast(uint64_t{0xffffffff}));
    index[1] = shift_right<32>(xy);
    index[2] = _mm512_ternarylogic_epi64(select(z_selector(0), low), select(z_selector(1), middle),
                                         select(z_selector(2), high), 0xfe);
  }
};

#include "batch_inl.h"

constexpr Kernel kKernel = kernel_of<V>("avx512");

OCTOLOAD_ISA_REGION_END

}  // namespace

const Kernel kAvx512Kernel = kKernel;

}  // namespace octoload::morton

#endif
