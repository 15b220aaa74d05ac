// How many bytes a row's envelope can take besides its TEXT and BLOB values.
#pragma once

#include <cstddef>

#include "bytes.h"
#include "layout.h"

namespace octoload::envelope {

// Head with dictionary number and metadata length; kinds, widths, classes,
// residual widths; id, density, residuals.
inline constexpr size_t kRowStartBytes = kHeadBytes + 5 + 5 + 2 + 4 + 2 + 5 * 8;

// Id and density by kind, five originals; created; metadata: each a varint, a
// word or a length. Then the checksum.
inline constexpr size_t kRowFixedBytes =
    kRowStartBytes + (2 + kOriginals + 1 + 1) * kMaxVarintBytes + kChecksumBytes;

// Two numbers before the unmapped columns' kinds; and for each column half a
// byte and a varint, word or length (rounded up).
inline constexpr size_t kExtensionFixedBytes = 2 * kMaxVarintBytes;
inline constexpr size_t kExtraFixedBytes = kMaxVarintBytes + 1;

// What may follow a value's bytes before room is checked again, and eight-byte
// stores that reach beyond what they keep.
inline constexpr size_t kRowSlackBytes = 64;
static_assert(kRowSlackBytes >= 3 * kMaxVarintBytes + kExtensionFixedBytes + kChecksumBytes + 8);

}  // namespace octoload::envelope
