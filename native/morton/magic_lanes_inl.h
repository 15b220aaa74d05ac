// Magic masks (magic_masks.h) on the lanes of a vector type, for kernels
// without a better instruction. Included like batch_inl.h. (No include guard.)

template <class V, unsigned kShift, unsigned kMask>
OCTOLOAD_INLINE typename V::U64 spread_step(typename V::U64 v) {
  return V::bit_and(V::bit_or(v, V::template shift_left<kShift>(v)), V::broadcast(kThird[kMask]));
}

template <class V, unsigned kShift, unsigned kMask>
OCTOLOAD_INLINE typename V::U64 compact_step(typename V::U64 v) {
  return V::bit_and(V::bit_or(v, V::template shift_right<kShift>(v)), V::broadcast(kThird[kMask]));
}

// Takes indices below 2^21, so the first mask is not needed.
template <class V>
OCTOLOAD_INLINE typename V::U64 spread_lanes(typename V::U64 v) {
  v = spread_step<V, 32, 1>(v);
  v = spread_step<V, 16, 2>(v);
  v = spread_step<V, 8, 3>(v);
  v = spread_step<V, 4, 4>(v);
  return spread_step<V, 2, 5>(v);
}

template <class V>
OCTOLOAD_INLINE typename V::U64 compact_lanes(typename V::U64 v) {
  v = V::bit_and(v, V::broadcast(kThird[5]));
  v = compact_step<V, 2, 4>(v);
  v = compact_step<V, 4, 3>(v);
  v = compact_step<V, 8, 2>(v);
  v = compact_step<V, 16, 1>(v);
  return compact_step<V, 32, 0>(v);
}

template <class V>
OCTOLOAD_INLINE typename V::U64 interleave_lanes(typename V::U64 x, typename V::U64 y,
                                                 typename V::U64 z) {
  return V::bit_or(spread_lanes<V>(x), V::bit_or(V::template shift_left<1>(spread_lanes<V>(y)),
                                                 V::template shift_left<2>(spread_lanes<V>(z))));
}

template <class V>
OCTOLOAD_INLINE void deinterleave_lanes(typename V::U64 code, typename V::U64 index[3]) {
  index[0] = compact_lanes<V>(code);
  index[1] = compact_lanes<V>(V::template shift_right<1>(code));
  index[2] = compact_lanes<V>(V::template shift_right<2>(code));
}
