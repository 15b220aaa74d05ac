// One record of the arena, as the sort sees it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octoload::sort {

// Records begin at multiples of this, so that 32 bits reach 32 GiB.
inline constexpr size_t kRecordAlignment = 8;
inline constexpr uint64_t kMaxArenaBytes = uint64_t{kRecordAlignment} << 32;

struct IndexEntry {
  uint64_t word;  // eight bytes of the key, big-endian: which ones the sort decides
  uint32_t at;    // where the record begins, in kRecordAlignment; rises with arrival
  uint32_t payload_bytes;
};
static_assert(sizeof(IndexEntry) == 16);

// The record's key; its payload follows.
inline const uint8_t* record_at(const uint8_t* memory, const IndexEntry& entry) noexcept {
  return memory + uint64_t{entry.at} * kRecordAlignment;
}

}  // namespace octoload::sort
