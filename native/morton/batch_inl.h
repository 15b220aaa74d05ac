// The batch algorithm, written once for every vector kernel. An ISA file
// defines a vector type V and then includes this inside its ISA region and an
// unnamed namespace (see common/isa_region.h), having included kernel.h,
// level_tables.h and magic_masks.h before.
//
// V provides: kLanes; F64, U64, Mask (one element or bit a lane);
//   load/store of F64 and U64 at any alignment, store_cells (low 16 bits a lane),
//   load_cells and load_bytes (widening), broadcast, look_up(table, U64),
//   sub, mul, add, truncate(F64) -> U64 for values in [0, 2^32), to_f64(U64) below 2^52,
//   min(F64, F64), in_unit(F64): 0 <= t <= 1, false for NaN,
//   divide(v, size): the correctly rounded quotient,
//   at_most(U64, U64), no_bits(U64): == 0, both(Mask, Mask), lane_bits(Mask) -> unsigned,
//   bit_and, bit_or, bit_add (wrapping), shift_left<n>, shift_right<n>, bits/as_f64 (no
//   conversion), interleave(ix, iy, iz) of 21-bit indices and deinterleave(code, U64[3]).
// (No include guard: each ISA file gets its own copy.)

template <class V>
struct LevelLanes {
  typename V::F64 scale, last, half_step;
  typename V::U64 code_excess, tile_excess, cell_excess;
  typename V::Mask ok;

  // Only the fields that `encode` or the key form needs stay alive; the
  // compiler drops the others.
  OCTOLOAD_INLINE LevelLanes of(typename V::U64 level, bool whole) {
    LevelLanes lanes;
    lanes.scale = V::look_up(kLevelTables.scale, level);
    lanes.last = V::look_up(kLevelTables.last, level);
    lanes.half_step = V::look_up(kLevelTables.half_step, level);
    lanes.code_excess = V::look_up(kLevelTables.code_excess, level);
    lanes.tile_excess = V::look_up(kLevelTables.tile_excess, level);
    lanes.cell_excess = V::look_up(kLevelTables.cell_excess, level);
    lanes.ok = V::at_most(level, V::broadcast(uint64_t{whole ? kMaxCodeLevel : kMaxLevel}));
    return lanes;
  }
};

template <class V>
struct FrameLanes {
  typename V::F64 min[3], size[3];

  OCTOLOAD_INLINE FrameLanes of(const Frame& frame) {
    FrameLanes lanes;
    for (unsigned axis = 0; axis < 3; ++axis) {
      lanes.min[axis] = V::broadcast(frame.min[axis]);
      lanes.size[axis] = V::broadcast(frame.size[axis]);
    }
    return lanes;
  }
};

template <class V>
OCTOLOAD_INLINE typename V::U64 quantise(typename V::F64 value, typename V::F64 min,
                                         typename V::F64 size, const LevelLanes<V>& level,
                                         typename V::Mask* inside) {
  const typename V::F64 t = V::divide(V::sub(value, min), size);
  *inside = V::in_unit(t);
  // t == 1 gives 2^L: the last cell takes it. A row outside stays below 2^32.
  return V::truncate(V::min(V::mul(t, level.scale), level.last));
}

template <class V, bool kWhole>
OCTOLOAD_INLINE void store_codes(const typename V::U64 index[3], uint64_t* tiles, uint16_t* cells) {
  if constexpr (kWhole) {
    V::store(tiles, V::interleave(index[0], index[1], index[2]));
  } else {
    const typename V::U64 low = V::broadcast(uint64_t{31});
    V::store(tiles, V::interleave(V::template shift_right<5>(index[0]),
                                  V::template shift_right<5>(index[1]),
                                  V::template shift_right<5>(index[2])));
    V::store_cells(cells, V::interleave(V::bit_and(index[0], low), V::bit_and(index[1], low),
                                        V::bit_and(index[2], low)));
  }
}

// Gives the rows of one block that have a status their "no code" and counts them.
template <class V, bool kWhole>
static size_t mark_bad_codes(const unsigned bad[4], const CodesOut& out, size_t row) {
  size_t rejected = 0;
  for (unsigned lane = 0; lane < V::kLanes; ++lane) {
    unsigned status = 0;
    for (unsigned part = 0; part < 4; ++part) status |= ((bad[part] >> lane) & 1u) << part;
    out.status[row + lane] = static_cast<uint8_t>(status);
    if (status == kRowOk) continue;
    ++rejected;
    out.tiles[row + lane] = kNoCode;
    if constexpr (!kWhole) out.cells[row + lane] = kNoCell;
  }
  return rejected;
}

template <class V, bool kWhole>
OCTOLOAD_INLINE size_t encode_block(const Points& points, size_t from, const LevelLanes<V>& level,
                                    const FrameLanes<V>& frame, const CodesOut& out, size_t row) {
  typename V::Mask inside[3];
  const typename V::U64 index[3] = {
      quantise<V>(V::load(points.x + from), frame.min[0], frame.size[0], level, &inside[0]),
      quantise<V>(V::load(points.y + from), frame.min[1], frame.size[1], level, &inside[1]),
      quantise<V>(V::load(points.z + from), frame.min[2], frame.size[2], level, &inside[2])};
  store_codes<V, kWhole>(index, out.tiles + row, kWhole ? nullptr : out.cells + row);
  const typename V::Mask good =
      V::both(V::both(inside[0], inside[1]), V::both(inside[2], level.ok));
  constexpr unsigned kAll = (1u << V::kLanes) - 1;
  if (__builtin_expect(V::lane_bits(good) == kAll, 1)) {
    __builtin_memset(out.status + row, kRowOk, V::kLanes);
    return 0;
  }
  const unsigned bad[4] = {~V::lane_bits(inside[0]), ~V::lane_bits(inside[1]),
                           ~V::lane_bits(inside[2]), ~V::lane_bits(level.ok)};
  return mark_bad_codes<V, kWhole>(bad, out, row);
}

// The last rows, fewer than a block: through padded copies, by the same code.
template <class V, bool kWhole>
static size_t encode_tail(const Points& points, size_t row, const LevelLanes<V>& level,
                          const FrameLanes<V>& frame, const CodesOut& out) {
  const size_t left = points.count - row;
  double padded[3][V::kLanes];
  uint64_t tiles[V::kLanes];
  uint16_t cells[V::kLanes];
  uint8_t status[V::kLanes];
  const double* const axes[3] = {points.x, points.y, points.z};
  for (unsigned axis = 0; axis < 3; ++axis) {
    for (size_t i = 0; i < V::kLanes; ++i) padded[axis][i] = axes[axis][row + (i < left ? i : 0)];
  }
  encode_block<V, kWhole>({padded[0], padded[1], padded[2], V::kLanes}, 0, level, frame,
                          {tiles, cells, status}, 0);
  size_t rejected = 0;
  for (size_t i = 0; i < left; ++i) {
    out.tiles[row + i] = tiles[i];
    if constexpr (!kWhole) out.cells[row + i] = cells[i];
    out.status[row + i] = status[i];
    rejected += status[i] != kRowOk;
  }
  return rejected;
}

template <class V>
OCTOLOAD_INLINE LevelLanes<V> level_lanes(const Levels& levels, size_t row, size_t left,
                                          bool whole) {
  if (levels.each == nullptr) return LevelLanes<V>::of(V::broadcast(uint64_t{levels.all}), whole);
  if (left >= V::kLanes) return LevelLanes<V>::of(V::load_bytes(levels.each + row), whole);
  uint8_t padded[V::kLanes] = {};
  for (size_t i = 0; i < left; ++i) padded[i] = levels.each[row + i];
  return LevelLanes<V>::of(V::load_bytes(padded), whole);
}

template <class V, bool kWhole, bool kEach>
static size_t encode_rows(const Points& points, const Levels& levels, const Frame& frame,
                          const CodesOut& out) {
  const FrameLanes<V> box = FrameLanes<V>::of(frame);
  LevelLanes<V> level = level_lanes<V>(levels, 0, points.count, kWhole);
  size_t rejected = 0;
  size_t row = 0;
  for (; row + V::kLanes <= points.count; row += V::kLanes) {
    if constexpr (kEach) level = level_lanes<V>(levels, row, V::kLanes, kWhole);
    rejected += encode_block<V, kWhole>(points, row, level, box, out, row);
  }
  if (row < points.count) {
    if constexpr (kEach) level = level_lanes<V>(levels, row, points.count - row, kWhole);
    rejected += encode_tail<V, kWhole>(points, row, level, box, out);
  }
  return rejected;
}

template <class V>
static size_t encode_batch(const Points& points, const Levels& levels, const Frame& frame,
                           const CodesOut& out) {
  if (out.cells == nullptr) {
    return levels.each == nullptr ? encode_rows<V, true, false>(points, levels, frame, out)
                                  : encode_rows<V, true, true>(points, levels, frame, out);
  }
  return levels.each == nullptr ? encode_rows<V, false, false>(points, levels, frame, out)
                                : encode_rows<V, false, true>(points, levels, frame, out);
}

// ---- decoding -------------------------------------------------------------

template <class V, bool kWhole>
OCTOLOAD_INLINE typename V::Mask indices_of(const Codes& codes, size_t from,
                                            const LevelLanes<V>& level, typename V::U64 index[3]) {
  const typename V::U64 tile = V::load(codes.tiles + from);
  V::deinterleave(tile, index);
  if constexpr (kWhole) return V::no_bits(V::bit_and(tile, level.code_excess));
  const typename V::U64 cell = V::load_cells(codes.cells + from);
  typename V::U64 low[3];
  V::deinterleave(cell, low);
  for (unsigned axis = 0; axis < 3; ++axis) {
    index[axis] = V::bit_or(V::template shift_left<5>(index[axis]), low[axis]);
  }
  return V::no_bits(
      V::bit_or(V::bit_and(tile, level.tile_excess), V::bit_and(cell, level.cell_excess)));
}

template <class V>
static size_t mark_bad_points(unsigned bad_level, unsigned bad_code, const PointsOut& out,
                              size_t row) {
  size_t rejected = 0;
  for (unsigned lane = 0; lane < V::kLanes; ++lane) {
    uint8_t status = kRowOk;
    if ((bad_code >> lane) & 1u) status = kRowBadCode;
    if ((bad_level >> lane) & 1u) status = kRowBadLevel;
    out.status[row + lane] = status;
    if (status == kRowOk) continue;
    ++rejected;
    out.x[row + lane] = out.y[row + lane] = out.z[row + lane] = __builtin_nan("");
  }
  return rejected;
}

template <class V, bool kWhole>
OCTOLOAD_INLINE size_t decode_block(const Codes& codes, size_t from, const LevelLanes<V>& level,
                                    typename V::U64 corner, const FrameLanes<V>& frame,
                                    const PointsOut& out, size_t row) {
  typename V::U64 index[3];
  const typename V::Mask code_ok = indices_of<V, kWhole>(codes, from, level, index);
  double* const axes[3] = {out.x + row, out.y + row, out.z + row};
  for (unsigned axis = 0; axis < 3; ++axis) {
    const typename V::U64 halves = V::bit_add(V::template shift_left<1>(index[axis]), corner);
    const typename V::F64 fraction = V::mul(V::to_f64(halves), level.half_step);
    V::store(axes[axis], V::add(frame.min[axis], V::mul(frame.size[axis], fraction)));
  }
  constexpr unsigned kAll = (1u << V::kLanes) - 1;
  if (__builtin_expect(V::lane_bits(V::both(code_ok, level.ok)) == kAll, 1)) {
    __builtin_memset(out.status + row, kRowOk, V::kLanes);
    return 0;
  }
  return mark_bad_points<V>(~V::lane_bits(level.ok), ~V::lane_bits(code_ok), out, row);
}

template <class V, bool kWhole>
static size_t decode_tail(const Codes& codes, size_t row, const LevelLanes<V>& level,
                          typename V::U64 corner, const FrameLanes<V>& frame,
                          const PointsOut& out) {
  const size_t left = codes.count - row;
  uint64_t tiles[V::kLanes];
  uint16_t cells[V::kLanes];
  double axes[3][V::kLanes];
  uint8_t status[V::kLanes];
  for (size_t i = 0; i < V::kLanes; ++i) {
    tiles[i] = codes.tiles[row + (i < left ? i : 0)];
    if constexpr (!kWhole) cells[i] = codes.cells[row + (i < left ? i : 0)];
  }
  decode_block<V, kWhole>({tiles, kWhole ? nullptr : cells, V::kLanes}, 0, level, corner, frame,
                          {axes[0], axes[1], axes[2], status}, 0);
  size_t rejected = 0;
  for (size_t i = 0; i < left; ++i) {
    out.x[row + i] = axes[0][i];
    out.y[row + i] = axes[1][i];
    out.z[row + i] = axes[2][i];
    out.status[row + i] = status[i];
    rejected += status[i] != kRowOk;
  }
  return rejected;
}

template <class V, bool kWhole, bool kEach>
static size_t decode_rows(const Codes& codes, const Levels& levels, Corner corner,
                          const Frame& frame, const PointsOut& out) {
  const FrameLanes<V> box = FrameLanes<V>::of(frame);
  const typename V::U64 offset = V::broadcast(static_cast<uint64_t>(corner));
  LevelLanes<V> level = level_lanes<V>(levels, 0, codes.count, kWhole);
  size_t rejected = 0;
  size_t row = 0;
  for (; row + V::kLanes <= codes.count; row += V::kLanes) {
    if constexpr (kEach) level = level_lanes<V>(levels, row, V::kLanes, kWhole);
    rejected += decode_block<V, kWhole>(codes, row, level, offset, box, out, row);
  }
  if (row < codes.count) {
    if constexpr (kEach) level = level_lanes<V>(levels, row, codes.count - row, kWhole);
    rejected += decode_tail<V, kWhole>(codes, row, level, offset, box, out);
  }
  return rejected;
}

template <class V>
static size_t decode_batch(const Codes& codes, const Levels& levels, Corner corner,
                           const Frame& frame, const PointsOut& out) {
  if (codes.cells == nullptr) {
    return levels.each == nullptr ? decode_rows<V, true, false>(codes, levels, corner, frame, out)
                                  : decode_rows<V, true, true>(codes, levels, corner, frame, out);
  }
  return levels.each == nullptr ? decode_rows<V, false, false>(codes, levels, corner, frame, out)
                                : decode_rows<V, false, true>(codes, levels, corner, frame, out);
}

// ---- the benchmark's yardsticks: the same traffic, next to no work ---------

template <class V>
static void copy_in_batch(const Points& points, uint64_t* out) {
  size_t row = 0;
  for (; row + V::kLanes <= points.count; row += V::kLanes) {
    const typename V::U64 x = V::bits(V::load(points.x + row));
    const typename V::U64 y = V::bits(V::load(points.y + row));
    const typename V::U64 z = V::bits(V::load(points.z + row));
    V::store(out + row, V::bit_or(V::bit_or(x, y), z));
  }
  for (; row < points.count; ++row) out[row] = 0;
}

template <class V>
static void copy_out_batch(const Codes& codes, const PointsOut& out) {
  size_t row = 0;
  for (; row + V::kLanes <= codes.count; row += V::kLanes) {
    const typename V::F64 value = V::as_f64(V::load(codes.tiles + row));
    V::store(out.x + row, value);
    V::store(out.y + row, value);
    V::store(out.z + row, value);
  }
  for (; row < codes.count; ++row) out.x[row] = out.y[row] = out.z[row] = 0;
}

template <class V>
constexpr Kernel kernel_of(const char* name) {
  return {name, encode_batch<V>, decode_batch<V>, copy_in_batch<V>, copy_out_batch<V>};
}
