// Morton codes in batches: the interface that every kernel implements.
//
// Source of the arithmetic: docs/morton.md. The result of every kernel equals
// the scalar one's bit for bit; the tests hold them to it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../common/frame.h"
#include "../common/row_status.h"

namespace octoload::morton {

inline constexpr uint64_t kNoCode = ~uint64_t{0};  // a bad row's code or tile
inline constexpr uint16_t kNoCell = 0xffff;        // a bad row's cell

// The level of each row, or one for all.
struct Levels {
  const uint8_t* each = nullptr;  // nullptr: `all` holds for every row
  uint8_t all = 0;
};

struct Points {
  const double* x = nullptr;
  const double* y = nullptr;
  const double* z = nullptr;
  size_t count = 0;
};

// cells == nullptr: `tiles` holds whole codes (levels up to 21), otherwise
// tile and cell (levels up to 26).
struct CodesOut {
  uint64_t* tiles = nullptr;
  uint16_t* cells = nullptr;
  uint8_t* status = nullptr;
};

struct Codes {
  const uint64_t* tiles = nullptr;
  const uint16_t* cells = nullptr;
  size_t count = 0;
};

struct PointsOut {
  double* x = nullptr;
  double* y = nullptr;
  double* z = nullptr;
  uint8_t* status = nullptr;
};

// Which point of a cell: index (2i + value) / 2^(L + 1) along each axis.
enum class Corner : uint8_t { kMin = 0, kCenter = 1, kMax = 2 };

// Both return how many rows were rejected. A rejected row has a status other
// than kRowOk and kNoCode/kNoCell, or NaN coordinates. Buffers may have any
// alignment their element type allows; outputs may not overlap inputs.
using EncodeFn = size_t (*)(const Points&, const Levels&, const Frame&, const CodesOut&);
using DecodeFn = size_t (*)(const Codes&, const Levels&, Corner, const Frame&, const PointsOut&);

// For the benchmark: the memory traffic of an encode (24 bytes in, 8 out) or a
// decode (8 in, 24 out) a row and next to no work, at this kernel's width.
using CopyFn = void (*)(const Points&, uint64_t* out);
using SpreadFn = void (*)(const Codes&, const PointsOut&);

struct Kernel {
  const char* name;
  EncodeFn encode;
  DecodeFn decode;
  CopyFn copy_in;
  SpreadFn copy_out;
};

}  // namespace octoload::morton
