// A batch of source rows as one block of memory: what the SQLite extension
// packs and the loader takes apart. It lives in one process for moments and is
// never stored, so it has no versions; little-endian, every section at a
// multiple of 8 bytes:
//
//   head      kHeadWords x u64: magic, rows, columns, bytes of the byte section
//   rowids    i64 x rows, ascending
//   kinds     for each column u8 x rows, padded to 8 bytes
//   slots     for each column u64 x rows
//   bytes     TEXT and BLOB values, anywhere and in any order
//
// The first kFixedColumns columns are always there, in the order below; the
// source's unmapped columns follow. Kinds and slots are the envelope's
// (envelope.h, ValueColumn) and kTooLarge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace octoload::batch {

inline constexpr uint64_t kSourceMagic = 0x315253'6f746f63;
inline constexpr size_t kHeadWords = 4;

enum SourceColumn : size_t {
  kIdColumn,
  kXColumn,
  kYColumn,
  kZColumn,
  kLevelColumn,
  kMaterialColumn,
  kDensityColumn,
  kMetadataColumn,
  kCreatedColumn,
  kSelectedColumn,  // INTEGER 1: the row passes --where; 0: it only counts for its neighbours
  kFixedColumns,
};

// A TEXT or BLOB value over 16 MiB: left out, its length in bytes is the slot.
inline constexpr uint8_t kTooLarge = 6;

inline constexpr size_t padded(size_t bytes) noexcept { return (bytes + 7) & ~size_t{7}; }

// Reads a block in place. `parse` checks every length; slots are not checked:
// the envelope's encoder bounds them against `bytes()`.
class SourceBatch {
 public:
  static bool parse(std::span<const uint8_t> block, SourceBatch* batch) noexcept {
    if (block.size() < kHeadWords * 8) return false;
    const auto* head = reinterpret_cast<const uint64_t*>(block.data());
    const uint64_t rows = head[1], columns = head[2];
    if (head[0] != kSourceMagic || columns < kFixedColumns || columns > 4096) return false;
    if (rows > (uint64_t{1} << 28)) return false;
    const size_t kinds_at = kHeadWords * 8 + rows * 8;
    const size_t slots_at = kinds_at + columns * padded(rows);
    const size_t bytes_at = slots_at + columns * rows * 8;
    if (bytes_at > block.size() || head[3] > block.size() - bytes_at) return false;
    batch->rows_ = rows;
    batch->columns_ = columns;
    batch->rowids_ = reinterpret_cast<const int64_t*>(block.data() + kHeadWords * 8);
    batch->kinds_ = block.data() + kinds_at;
    batch->slots_ = reinterpret_cast<const uint64_t*>(block.data() + slots_at);
    batch->bytes_ = block.subspan(bytes_at, head[3]);
    return true;
  }

  size_t rows() const noexcept { return rows_; }
  size_t columns() const noexcept { return columns_; }
  const int64_t* rowids() const noexcept { return rowids_; }
  const uint8_t* kinds(size_t column) const noexcept { return kinds_ + column * padded(rows_); }
  const uint64_t* slots(size_t column) const noexcept { return slots_ + column * rows_; }
  std::span<const uint8_t> bytes() const noexcept { return bytes_; }

 private:
  size_t rows_ = 0;
  size_t columns_ = 0;
  const int64_t* rowids_ = nullptr;
  const uint8_t* kinds_ = nullptr;
  const uint64_t* slots_ = nullptr;
  std::span<const uint8_t> bytes_;
};

}  // namespace octoload::batch
