// Trains a shared LZ4 dictionary from sample values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace octoload::envelope {

// Picks the substrings that most samples share, the most useful last (nearest
// to the data LZ4 will compress). Deterministic: the same samples give the
// same bytes on every machine. `offsets` has one more entry than there are
// samples, ascending, within `bytes` (the caller has checked). Looks at about
// 4 MiB of them, evenly spaced, in at most 200 MiB of memory. Returns at most
// `max_bytes` bytes, fewer where more would not help; none when there are
// fewer than a dozen samples, or a quarter of them, held back as a test, would
// not shrink by 3 % against LZ4 alone.
std::vector<uint8_t> train_dictionary(std::span<const uint8_t> bytes,
                                      std::span<const uint32_t> offsets, size_t max_bytes);

}  // namespace octoload::envelope
