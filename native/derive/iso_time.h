// Dates and times as ISO 8601 writes them; created_time.h says which.
#pragma once

#include <cstdint>
#include <span>

namespace octoload::derive {

// False where the whole text is no such time. *micros counts from
// 1970-01-01T00:00:00Z.
bool parse_iso_time(std::span<const uint8_t> text, int64_t* micros) noexcept;

}  // namespace octoload::derive
