#include "envelope.h"
#include "layout.h"
#include "reader.h"
#include "row_parser.h"
#include "timestamp.h"

namespace octoload::envelope {
namespace {

// Values stand in the envelope as they are, but for a rendered timestamp and
// compressed metadata. A length the parser will refuse counts nothing.
size_t value_bytes(const uint8_t* begin, const uint8_t* end) noexcept {
  const auto size = static_cast<size_t>(end - begin);
  Reader reader(begin, end, end);
  reader.u8();
  const unsigned flags = reader.u8();
  if ((flags & kFlagLz4) == 0) return size + kMaxTimestampBytes;
  if ((flags & kFlagDictionary) != 0) reader.varint();
  const uint64_t metadata = reader.varint_within(0, kMaxValueBytes);
  return size + kMaxTimestampBytes + (metadata <= 255 * uint64_t{size} ? metadata : 0);
}

uint32_t extra_columns(const uint8_t* begin, const uint8_t* end) noexcept {
  if (end - begin < 2 || (begin[1] & kFlagExtension) == 0) return 0;
  ParsedRow row;
  return parse_row(begin, end, end, &row) == kRowOk ? row.extra_columns : 0;
}

}  // namespace

DecodeBound decode_bound(const Envelopes& envelopes) noexcept {
  const auto bytes = envelopes.bytes;
  uint64_t sum = 0;
  DecodeBound bound;
  uint32_t begin = envelopes.offsets[0];
  for (size_t row = 0; row < envelopes.count; ++row) {
    const uint32_t end = envelopes.offsets[row + 1];
    if (begin <= end && end <= bytes.size()) {
      const uint8_t* const data = bytes.data();
      sum += value_bytes(data + begin, data + end);
      const uint32_t extras = extra_columns(data + begin, data + end);
      if (extras > bound.extra_columns) bound.extra_columns = extras;
    }
    begin = end;
  }
  bound.bytes = sum <= UINT32_MAX ? static_cast<size_t>(sum) : SIZE_MAX;
  return bound;
}

}  // namespace octoload::envelope
