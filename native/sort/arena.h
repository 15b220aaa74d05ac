// The records that wait in memory: keys and payloads from the bottom of one
// piece of memory, their index from its top, full when the two meet. So one
// number bounds both, whatever the size of a payload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "index_entry.h"
#include "status.h"

namespace octoload::sort {

class Arena {
 public:
  // Memory is taken from the system as it is touched, up to `bytes` (at most
  // kMaxArenaBytes are used).
  static Status make(uint64_t bytes, size_t key_bytes, std::shared_ptr<Arena>* arena);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // What one record takes, its index entry included.
  static uint64_t bytes_of(size_t key_bytes, uint64_t payload_bytes) noexcept;

  uint64_t capacity() const noexcept { return bytes_; }
  uint64_t room() const noexcept { return bytes_ - used_ - count_ * sizeof(IndexEntry); }
  size_t count() const noexcept { return count_; }

  // There has to be room: bytes_of() the record.
  void add(const uint8_t* key, const uint8_t* payload, uint32_t payload_bytes) noexcept;
  void sort() noexcept;  // stable; moves the index only
  void clear() noexcept;

  // In the order of the keys after sort().
  std::span<const IndexEntry> entries() const noexcept { return {first_entry(), count_}; }
  const uint8_t* key(const IndexEntry& entry) const noexcept { return record_at(memory_, entry); }
  const uint8_t* payload(const IndexEntry& entry) const noexcept { return key(entry) + key_bytes_; }
  void prefetch(const IndexEntry& entry) const noexcept;

 private:
  Arena(uint8_t* memory, uint64_t bytes, size_t key_bytes) noexcept
      : memory_(memory), bytes_(bytes), key_bytes_(key_bytes) {}

  IndexEntry* first_entry() const noexcept {
    return reinterpret_cast<IndexEntry*>(memory_ + bytes_) - count_;
  }

  uint8_t* memory_;
  uint64_t bytes_;
  size_t key_bytes_;
  uint64_t used_ = 0;
  size_t count_ = 0;
  bool has_first_words_ = true;  // what sort() needs and uses up
};

}  // namespace octoload::sort
