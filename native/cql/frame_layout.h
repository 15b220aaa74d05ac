// The bytes of a request, as "CQL BINARY PROTOCOL v4" has them (section numbers
// below are that document's). Everything is big-endian.
//
//   header  9 bytes (2): version 0x04, flags 0, stream id u16, opcode, length of the body u32
//   BATCH, 0x0D (4.1.7)
//     type u8: 1, unlogged; statements u16; each statement:
//       kind u8: 1, prepared; id as [short bytes]; values u16; the values
//     consistency u16; flags u8: 0x20, with default timestamp; timestamp i64
//   EXECUTE, 0x0A (4.1.6, 4.1.4)
//     id as [short bytes]; consistency u16
//     flags u8: 0x01, values, and 0x20, with default timestamp
//     values u16; the values; timestamp i64
//   a [value] (3)  its length i32, its bytes; length -1: null, -2: not set
//
// Values themselves (6): bigint 8 bytes, int 4, smallint 2, tinyint 1, each two's
// complement; float IEEE 754 binary32; blob as it is.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "frames.h"

namespace octoload::cql {

static_assert(std::endian::native == std::endian::little);

inline constexpr uint8_t kVersion = 0x04;
inline constexpr uint8_t kOpExecute = 0x0A;
inline constexpr uint8_t kOpBatch = 0x0D;
inline constexpr uint8_t kUnlogged = 1;
inline constexpr uint8_t kPrepared = 1;
inline constexpr uint8_t kWithValues = 0x01;
inline constexpr uint8_t kWithTimestamp = 0x20;
inline constexpr uint32_t kLengthNull = 0xffffffff;
inline constexpr uint32_t kLengthUnset = 0xfffffffe;

inline constexpr uint64_t kLengthBytes = 4;
inline constexpr uint64_t kHeaderBytes = 9;
inline constexpr uint64_t kBatchHeadBytes = 1 + 2;
inline constexpr uint64_t kBatchTailBytes = 2 + 1 + 8;
// Before an EXECUTE's values and a statement's, without the id's own bytes.
inline constexpr uint64_t kExecuteHeadBytes = 2 + 2 + 1 + 2;
inline constexpr uint64_t kStatementHeadBytes = 1 + 2 + 2;
inline constexpr uint64_t kTimestampBytes = 8;

// Both layouts: material_id, homogeneity, children_mask, compressed_data
// (without the envelope), last_modified.
inline constexpr uint64_t kSharedValueBytes = 5 * kLengthBytes + 4 + 4 + 1 + 8;
inline constexpr uint64_t kMaterialValueBytes = 4;

constexpr uint16_t values_of(Layout layout) noexcept { return layout == Layout::kNode ? 7 : 8; }

// A row's values with a material and without the envelope.
constexpr uint64_t value_bytes_of(Layout layout) noexcept {
  const uint64_t key =
      layout == Layout::kNode ? 2 * kLengthBytes + 8 + 1 : 3 * kLengthBytes + 1 + 8 + 2;
  return key + kSharedValueBytes;
}

constexpr uint64_t statement_bytes(uint64_t id, uint64_t values) noexcept {
  return kStatementHeadBytes + id + values;
}

constexpr uint64_t batch_bytes(uint64_t statements) noexcept {
  return kHeaderBytes + kBatchHeadBytes + statements + kBatchTailBytes;
}

constexpr uint64_t execute_bytes(uint64_t id, uint64_t values) noexcept {
  return kHeaderBytes + kExecuteHeadBytes + id + values + kTimestampBytes;
}

// Each puts a value and returns the place behind it.
inline uint8_t* put8(uint8_t* to, uint8_t value) noexcept {
  *to = value;
  return to + 1;
}
inline uint8_t* put16(uint8_t* to, uint16_t value) noexcept {
  const uint16_t swapped = __builtin_bswap16(value);
  std::memcpy(to, &swapped, sizeof swapped);
  return to + sizeof swapped;
}
inline uint8_t* put32(uint8_t* to, uint32_t value) noexcept {
  const uint32_t swapped = __builtin_bswap32(value);
  std::memcpy(to, &swapped, sizeof swapped);
  return to + sizeof swapped;
}
inline uint8_t* put64(uint8_t* to, uint64_t value) noexcept {
  const uint64_t swapped = __builtin_bswap64(value);
  std::memcpy(to, &swapped, sizeof swapped);
  return to + sizeof swapped;
}
inline uint8_t* put_bytes(uint8_t* to, const uint8_t* from, size_t count) noexcept {
  // memcpy takes no null pointer, not even for nothing.
  if (count != 0) std::memcpy(to, from, count);
  return to + count;
}

// [value]s of one fixed width.
inline uint8_t* put_tinyint(uint8_t* to, uint8_t value) noexcept {
  return put8(put32(to, 1), value);
}
inline uint8_t* put_smallint(uint8_t* to, uint16_t value) noexcept {
  return put16(put32(to, 2), value);
}
inline uint8_t* put_int(uint8_t* to, uint32_t value) noexcept { return put32(put32(to, 4), value); }
inline uint8_t* put_bigint(uint8_t* to, uint64_t value) noexcept {
  return put64(put32(to, 8), value);
}
inline uint8_t* put_float(uint8_t* to, float value) noexcept {
  return put_int(to, std::bit_cast<uint32_t>(value));
}

}  // namespace octoload::cql
