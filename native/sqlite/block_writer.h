// Fills a block of source rows (native/batch/source_batch.h) row by row, its
// number of rows not known before. The sections are laid out for the most rows
// it may get, so that a value is written once, where it belongs; finish()
// moves them together when fewer rows came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "../batch/source_batch.h"

namespace octoload::sqlite {

struct FreeDeleter {
  void operator()(void* memory) const noexcept { std::free(memory); }
};
using Memory = std::unique_ptr<uint8_t, FreeDeleter>;

class BlockWriter {
 public:
  // `bytes` is what the byte section will probably take; it grows when that was
  // too little. Memory that is never written is never taken from the system.
  // False: no memory.
  bool open(size_t max_rows, size_t columns, size_t bytes) noexcept {
    max_rows_ = max_rows;
    columns_ = columns;
    byte_capacity_ = bytes;
    memory_.reset(static_cast<uint8_t*>(std::malloc(bytes_at(max_rows) + bytes)));
    return memory_ != nullptr;
  }

  size_t rows() const noexcept { return rows_; }
  size_t byte_count() const noexcept { return byte_count_; }

  // Below: `column` < columns, and fewer than max_rows rows were ended.
  void put(size_t column, uint8_t kind, uint64_t slot) noexcept {
    uint8_t* base = memory_.get();
    base[kinds_at(max_rows_) + column * batch::padded(max_rows_) + rows_] = kind;
    const size_t at = slots_at(max_rows_) + (column * max_rows_ + rows_) * 8;
    std::memcpy(base + at, &slot, 8);
  }

  // byte_count() + `length` < 2^32: slots hold 32-bit offsets. False: no memory.
  bool put_bytes(size_t column, uint8_t kind, const void* bytes, size_t length) noexcept {
    if (length > byte_capacity_ - byte_count_ && !grow(length)) return false;
    if (length > 0) {
      std::memcpy(memory_.get() + bytes_at(max_rows_) + byte_count_, bytes, length);
    }
    put(column, kind, byte_count_ | static_cast<uint64_t>(length) << 32);
    byte_count_ += length;
    return true;
  }

  void end_row(int64_t rowid) noexcept {
    std::memcpy(memory_.get() + kRowidsAt + rows_ * 8, &rowid, 8);
    ++rows_;
  }

  // The block, `size` bytes long; the writer is empty afterwards.
  Memory finish(size_t* size) noexcept {
    if (rows_ < max_rows_) close_gaps();
    const uint64_t head[batch::kHeadWords] = {batch::kSourceMagic, rows_, columns_, byte_count_};
    std::memcpy(memory_.get(), head, sizeof head);
    *size = bytes_at(rows_) + byte_count_;
    return std::move(memory_);
  }

 private:
  static constexpr size_t kRowidsAt = batch::kHeadWords * 8;

  static size_t kinds_at(size_t rows) noexcept { return kRowidsAt + rows * 8; }
  size_t slots_at(size_t rows) const noexcept {
    return kinds_at(rows) + columns_ * batch::padded(rows);
  }
  size_t bytes_at(size_t rows) const noexcept { return slots_at(rows) + columns_ * rows * 8; }

  bool grow(size_t length) noexcept {
    const size_t wanted = (byte_count_ + length) * 3 / 2;
    void* larger = std::realloc(memory_.get(), bytes_at(max_rows_) + wanted);
    if (larger == nullptr) return false;
    static_cast<void>(memory_.release());  // freed by realloc
    memory_.reset(static_cast<uint8_t*>(larger));
    byte_capacity_ = wanted;
    return true;
  }

  // Everything moves towards the front, first things first: nothing is
  // overwritten before it was moved.
  void close_gaps() noexcept {
    uint8_t* base = memory_.get();
    const size_t kind_step = batch::padded(rows_), kind_step_now = batch::padded(max_rows_);
    for (size_t column = 0; column < columns_; ++column) {
      uint8_t* kinds = base + kinds_at(rows_) + column * kind_step;
      std::memmove(kinds, base + kinds_at(max_rows_) + column * kind_step_now, rows_);
      std::memset(kinds + rows_, 0, kind_step - rows_);
    }
    for (size_t column = 0; column < columns_; ++column) {
      std::memmove(base + slots_at(rows_) + column * rows_ * 8,
                   base + slots_at(max_rows_) + column * max_rows_ * 8, rows_ * 8);
    }
    std::memmove(base + bytes_at(rows_), base + bytes_at(max_rows_), byte_count_);
  }

  Memory memory_;
  size_t max_rows_ = 0;
  size_t columns_ = 0;
  size_t rows_ = 0;
  size_t byte_count_ = 0;
  size_t byte_capacity_ = 0;
};

}  // namespace octoload::sqlite
