// Numbers of docs/envelope.md that the encoder and the decoder share.
#pragma once

#include <cstddef>
#include <cstdint>

#include "envelope.h"

namespace octoload::envelope {

enum Flag : uint8_t {
  kFlagLz4 = 1,
  kFlagDictionary = 2,
  kFlagResidual = 4,
  kFlagClasses = 8,
  kFlagExtension = 16,
  kKnownFlags = 31,
};

inline constexpr size_t kHeadBytes = 2;  // version and flags
inline constexpr size_t kChecksumBytes = 4;

// The columns of the field `classes`, by the position of their four bits. Those
// of the originals are in the order of enum Original, one further.
enum ClassPosition : unsigned { kIdClass = 0, kOriginalClasses = 1, kDensityClass = 6 };

// id INTEGER; x, y, z REAL; level, material INTEGER; density REAL.
inline constexpr uint32_t kUsualClasses = 0x02112221;

// Bit k is set where kind k is allowed.
inline constexpr unsigned kAnyKind = 0b111111;
inline constexpr unsigned kCoordinateKinds = 0b011111;
inline constexpr unsigned kKeyedKinds = 0b011011;  // level and material: theirs is the row's key

inline constexpr unsigned allowed_original(unsigned original) noexcept {
  return original <= kZ ? kCoordinateKinds : kKeyedKinds;
}

inline constexpr bool is_kind_in(unsigned kind, unsigned allowed) noexcept {
  return kind <= kNull && ((allowed >> kind) & 1) != 0;
}

inline constexpr uint32_t class_at(uint32_t classes, unsigned position) noexcept {
  return (classes >> (4 * position)) & 15;
}

inline constexpr uint32_t with_class(uint32_t classes, unsigned position, uint32_t kind) noexcept {
  return (classes & ~(15u << (4 * position))) | kind << (4 * position);
}

inline constexpr bool has_bytes(unsigned kind) noexcept { return kind == kText || kind == kBlob; }

// One value: its kind, and its bits (INTEGER, REAL) or its bytes (TEXT, BLOB).
struct Value {
  uint8_t kind = kAbsent;
  uint32_t length = 0;
  uint64_t bits = 0;
  const uint8_t* data = nullptr;
};

// An INTEGER coordinate must be the same number as an int64: not a fraction,
// not -0.0, not NaN.
inline bool is_exact_int64(double value) noexcept {
  if (!(value >= -0x1p63 && value < 0x1p63)) return false;
  const double back = static_cast<double>(static_cast<int64_t>(value));
  return __builtin_bit_cast(uint64_t, back) == __builtin_bit_cast(uint64_t, value);
}

}  // namespace octoload::envelope
