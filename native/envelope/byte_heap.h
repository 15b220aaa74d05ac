// The decoder's output of TEXT and BLOB bytes: a buffer filled from its start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "bytes.h"

namespace octoload::envelope {

class ByteHeap {
 public:
  // Offsets are 32 bits, so bytes beyond 4 GiB - 1 are left alone.
  explicit ByteHeap(std::span<uint8_t> bytes) noexcept
      : data_(bytes.data()), size_(bytes.size() < UINT32_MAX ? bytes.size() : UINT32_MAX) {}

  // Where `size` bytes can be written, or nullptr, from when on overflow().
  uint8_t* reserve(size_t size) noexcept {
    if (size <= room()) return data_ + used_;
    fail();
    return nullptr;
  }

  // From here on overflow(): a row's bytes have found no place.
  void fail() noexcept { overflow_ = true; }

  // Keeps the first `length` bytes of what reserve() gave; their slot.
  uint64_t keep(size_t length) noexcept {
    const uint64_t slot = used_ | uint64_t{length} << 32;
    used_ += length;
    return slot;
  }

  uint64_t copy(const uint8_t* data, size_t length) noexcept {
    uint8_t* const to = reserve(length);
    if (to == nullptr) return 0;
    copy_bytes(to, data, length);
    return keep(length);
  }

  void rewind(size_t used) noexcept { used_ = used; }

  size_t used() const noexcept { return used_; }
  size_t room() const noexcept { return size_ - used_; }
  bool overflow() const noexcept { return overflow_; }

 private:
  uint8_t* data_;
  size_t size_;
  size_t used_ = 0;
  bool overflow_ = false;
};

}  // namespace octoload::envelope
