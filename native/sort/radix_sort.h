// Sorts the arena's index by key and, among equal keys, by arrival.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "index_entry.h"

namespace octoload::sort {

// Each entry's word must be the first eight bytes of its key; afterwards it is
// any of its words. `memory` holds the records. In place; takes some hundred
// KiB of stack at the most.
void radix_sort(std::span<IndexEntry> entries, const uint8_t* memory, size_t key_bytes) noexcept;

}  // namespace octoload::sort
