#include <algorithm>
#include <span>

#include "envelope.h"
#include "layout.h"
#include "row_parser.h"
#include "timestamp.h"

namespace octoload::envelope {
namespace {

class Bounder {
 public:
  explicit Bounder(std::span<const uint8_t> bytes) noexcept : bytes_(bytes) {}

  // What the envelope [begin, end) may hold. Values stand in it as they are, but
  // for a rendered timestamp and compressed metadata. One that claims more than
  // that is parsed first: decode() refuses a row that does not parse.
  DecodeBound of(uint32_t begin, uint32_t end) noexcept {
    if (begin > end || end > bytes_.size()) return {};
    const uint8_t* const data = bytes_.data();
    const size_t size = end - begin;
    DecodeBound bound{size + kMaxTimestampBytes, 0};
    if (size < kHeadBytes || (data[begin + 1] & (kFlagLz4 | kFlagExtension)) == 0) return bound;
    const RowStatus parsed = parse_row(data + begin, data + end, data + bytes_.size(), &row_);
    if (parsed != kRowOk) return {};
    if ((row_.flags & kFlagLz4) != 0) bound.bytes += row_.metadata_bytes;
    bound.extra_columns = row_.extra_columns;
    return bound;
  }

 private:
  std::span<const uint8_t> bytes_;
  ParsedRow row_;
};

}  // namespace

DecodeBound decode_bound(const Envelopes& envelopes) noexcept {
  Bounder bounder(envelopes.bytes);
  uint64_t sum = 0;
  DecodeBound bound;
  for (size_t row = 0; row < envelopes.count; ++row) {
    const DecodeBound of_row = bounder.of(envelopes.offsets[row], envelopes.offsets[row + 1]);
    sum += of_row.bytes;
    bound.extra_columns = std::max(bound.extra_columns, of_row.extra_columns);
  }
  bound.bytes = sum <= UINT32_MAX ? static_cast<size_t>(sum) : SIZE_MAX;
  return bound;
}

}  // namespace octoload::envelope
