// What the AVX2 and the BMI2 kernel share: four rows a step, all but the
// interleaving. Included inside an ISA region and an unnamed namespace, as
// batch_inl.h is. (No include guard, for the same reason.)

struct Avx2Lanes {
  static constexpr unsigned kLanes = 4;
  using F64 = __m256d;
  using U64 = __m256i;
  using Mask = __m256d;  // all bits of a lane, as compares leave them

  OCTOLOAD_INLINE F64 load(const double* from) { return _mm256_loadu_pd(from); }
  OCTOLOAD_INLINE U64 load(const uint64_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }
  OCTOLOAD_INLINE U64 load_bytes(const uint8_t* from) {
    int four;
    __builtin_memcpy(&four, from, sizeof four);
    return _mm256_cvtepu8_epi64(_mm_cvtsi32_si128(four));
  }
  OCTOLOAD_INLINE U64 load_cells(const uint16_t* from) {
    return _mm256_cvtepu16_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
  }
  OCTOLOAD_INLINE void store(double* to, F64 v) { _mm256_storeu_pd(to, v); }
  OCTOLOAD_INLINE void store(uint64_t* to, U64 v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), v);
  }
  OCTOLOAD_INLINE void store_cells(uint16_t* to, U64 v) {
    const __m128i low_halves = _mm_packus_epi32(_mm256_castsi256_si128(v),
                                                _mm256_extracti128_si256(v, 1));  // 16 0 16 0 ...
    const __m128i cells = _mm_packus_epi32(low_halves, low_halves);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), cells);
  }
  OCTOLOAD_INLINE F64 broadcast(double v) { return _mm256_set1_pd(v); }
  OCTOLOAD_INLINE U64 broadcast(uint64_t v) {
    return _mm256_set1_epi64x(static_cast<long long>(v));
  }
  OCTOLOAD_INLINE F64 look_up(const double* table, U64 i) {
    return _mm256_i64gather_pd(table, i, 8);
  }
  OCTOLOAD_INLINE U64 look_up(const uint64_t* table, U64 i) {
    return _mm256_i64gather_epi64(reinterpret_cast<const long long*>(table), i, 8);
  }
  OCTOLOAD_INLINE F64 sub(F64 a, F64 b) { return _mm256_sub_pd(a, b); }
  OCTOLOAD_INLINE F64 mul(F64 a, F64 b) { return _mm256_mul_pd(a, b); }
  OCTOLOAD_INLINE F64 add(F64 a, F64 b) { return _mm256_add_pd(a, b); }
  OCTOLOAD_INLINE F64 min(F64 a, F64 b) { return _mm256_min_pd(a, b); }
  OCTOLOAD_INLINE F64 divide(F64 a, F64 b) { return _mm256_div_pd(a, b); }
  OCTOLOAD_INLINE U64 truncate(F64 v) { return _mm256_cvtepi32_epi64(_mm256_cvttpd_epi32(v)); }
  // Below 2^52 an integer's bits are the mantissa of 2^52 plus it.
  OCTOLOAD_INLINE F64 to_f64(U64 v) {
    const F64 magic = broadcast(4503599627370496.0);
    return sub(as_f64(bit_or(v, bits(magic))), magic);
  }
  OCTOLOAD_INLINE U64 bits(F64 v) { return _mm256_castpd_si256(v); }
  OCTOLOAD_INLINE F64 as_f64(U64 v) { return _mm256_castsi256_pd(v); }
  OCTOLOAD_INLINE Mask in_unit(F64 t) {
    return _mm256_and_pd(_mm256_cmp_pd(t, _mm256_setzero_pd(), _CMP_GE_OQ),
                         _mm256_cmp_pd(t, _mm256_set1_pd(1.0), _CMP_LE_OQ));
  }
  // Signed compare: both are small.
  OCTOLOAD_INLINE Mask at_most(U64 a, U64 b) {
    return as_f64(_mm256_xor_si256(_mm256_cmpgt_epi64(a, b), _mm256_set1_epi64x(-1)));
  }
  OCTOLOAD_INLINE Mask no_bits(U64 v) {
    return as_f64(_mm256_cmpeq_epi64(v, _mm256_setzero_si256()));
  }
  OCTOLOAD_INLINE Mask both(Mask a, Mask b) { return _mm256_and_pd(a, b); }
  OCTOLOAD_INLINE unsigned lane_bits(Mask m) {
    return static_cast<unsigned>(_mm256_movemask_pd(m));
  }
  OCTOLOAD_INLINE U64 bit_and(U64 a, U64 b) { return _mm256_and_si256(a, b); }
  OCTOLOAD_INLINE U64 bit_or(U64 a, U64 b) { return _mm256_or_si256(a, b); }
  OCTOLOAD_INLINE U64 bit_add(U64 a, U64 b) { return _mm256_add_epi64(a, b); }
  template <unsigned kCount>
  OCTOLOAD_INLINE U64 shift_left(U64 v) {
    return _mm256_slli_epi64(v, kCount);
  }
  template <unsigned kCount>
  OCTOLOAD_INLINE U64 shift_right(U64 v) {
    return _mm256_srli_epi64(v, kCount);
  }
};
