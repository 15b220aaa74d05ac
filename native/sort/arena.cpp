#include "arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "key.h"
#include "radix_sort.h"

namespace octoload::sort {
namespace {

constexpr size_t kCacheLine = 64;
// Of a longer record the processor fetches the rest by itself.
constexpr size_t kPrefetchedLines = 8;

constexpr uint64_t aligned(uint64_t bytes) noexcept {
  return (bytes + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

}  // namespace

Status Arena::make(uint64_t bytes, size_t key_bytes, std::shared_ptr<Arena>* arena) {
  const uint64_t usable = std::min(bytes, kMaxArenaBytes) / sizeof(IndexEntry) * sizeof(IndexEntry);
  void* const memory = mmap(nullptr, usable, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return {Code::kNoMemory, errno, usable, {}};
  madvise(memory, usable, MADV_HUGEPAGE);  // advice: the records are read in random order
  arena->reset(new Arena(static_cast<uint8_t*>(memory), usable, key_bytes));
  return {};
}

Arena::~Arena() { munmap(memory_, bytes_); }

uint64_t Arena::bytes_of(size_t key_bytes, uint64_t payload_bytes) noexcept {
  return aligned(key_bytes + payload_bytes) + sizeof(IndexEntry);
}

void Arena::add(const uint8_t* key, const uint8_t* payload, uint32_t payload_bytes) noexcept {
  uint8_t* const to = memory_ + used_;
  copy_key(to, key, key_bytes_);
  if (payload_bytes != 0) std::memcpy(to + key_bytes_, payload, payload_bytes);
  ++count_;
  *first_entry() = {load_big_endian(key), static_cast<uint32_t>(used_ / kRecordAlignment),
                    payload_bytes};
  used_ += aligned(key_bytes_ + payload_bytes);
}

void Arena::sort() noexcept {
  const std::span<IndexEntry> index(first_entry(), count_);
  if (!has_first_words_) {
    for (IndexEntry& entry : index) entry.word = load_big_endian(key(entry));
  }
  has_first_words_ = false;
  radix_sort(index, memory_, key_bytes_);
}

void Arena::clear() noexcept {
  used_ = 0;
  count_ = 0;
  has_first_words_ = true;
}

void Arena::prefetch(const IndexEntry& entry) const noexcept {
  const uint8_t* const begin = key(entry);
  const size_t bytes = std::min(key_bytes_ + entry.payload_bytes, kPrefetchedLines * kCacheLine);
  for (size_t at = 0; at < bytes; at += kCacheLine) __builtin_prefetch(begin + at);
  __builtin_prefetch(begin + bytes - 1);
}

}  // namespace octoload::sort
