// Reads the records of a sorted arena within a range.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "arena.h"
#include "range.h"
#include "status.h"

namespace octoload::sort {

// How far ahead of reading records are fetched: about the latency of memory
// over the time one record takes.
inline constexpr size_t kPrefetchDistance = 8;

class ArenaReader {
 public:
  void open(std::shared_ptr<const Arena> arena, size_t key_bytes, const Range& range) noexcept {
    arena_ = std::move(arena);
    key_bytes_ = key_bytes;
    at_ = range.lower ? count_below(*range.lower) : 0;
    end_ = range.upper ? std::max(at_, count_below(*range.upper)) : arena_->count();
  }

  bool is_done() const noexcept { return at_ == end_; }
  const uint8_t* key() const noexcept { return arena_->key(entry()); }
  const uint8_t* payload() const noexcept { return arena_->payload(entry()); }
  uint32_t payload_bytes() const noexcept { return entry().payload_bytes; }

  bool advance() noexcept {
    ++at_;
    if (at_ + kPrefetchDistance < end_)
      arena_->prefetch(arena_->entries()[at_ + kPrefetchDistance]);
    return true;
  }
  Status status() const { return {}; }

 private:
  const IndexEntry& entry() const noexcept { return arena_->entries()[at_]; }

  size_t count_below(const Key& bound) const noexcept {
    const auto entries = arena_->entries();
    const auto is_below = [this](const IndexEntry& entry, const Key& key) {
      return std::memcmp(arena_->key(entry), key.data(), key_bytes_) < 0;
    };
    const auto found = std::lower_bound(entries.begin(), entries.end(), bound, is_below);
    return static_cast<size_t>(found - entries.begin());
  }

  std::shared_ptr<const Arena> arena_;
  size_t key_bytes_ = 0;
  size_t at_ = 0;
  size_t end_ = 0;
};

}  // namespace octoload::sort
