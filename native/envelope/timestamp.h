// Timestamps that are stored as a count: six exact shapes of text, kinds 6..11
// of docs/envelope.md.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octoload::envelope {

inline constexpr uint8_t kFirstTimestampKind = 6;
inline constexpr uint8_t kLastTimestampKind = 11;
inline constexpr size_t kMaxTimestampBytes = 27;

// The kind (6..11) whose rendering of *count gives exactly this text back, or
// 0 when there is none. *count is in the kind's unit since 1970-01-01T00:00:00.
uint8_t parse_timestamp(const uint8_t* text, size_t length, int64_t* count) noexcept;

// Writes the text of a kind in 6..11 and returns its length, at most
// kMaxTimestampBytes (all of which may be overwritten); 0 when the count is
// outside the years 0000 to 9999.
size_t render_timestamp(uint8_t kind, int64_t count, uint8_t* text) noexcept;

// Whether render_timestamp would render it.
bool is_timestamp_count(uint8_t kind, int64_t count) noexcept;

}  // namespace octoload::envelope
