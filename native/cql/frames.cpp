#include "frames.h"

#include "frame_cutter.h"
#include "frame_writer.h"

namespace octoload::cql {
namespace {

bool is_usable(const FrameOptions& options) noexcept {
  return options.max_rows >= 1 && options.max_rows <= kMaxFrameRows &&
         options.max_bytes <= kMaxBodyBytes && options.timestamp_us >= 0 &&
         !options.prepared_id.empty() && options.prepared_id.size() <= kMaxIdBytes &&
         !options.ring.tokens.empty() && options.ring.tokens.size() == options.ring.sets.size();
}

}  // namespace

Status encode_frames(const batch::SinkBatch& batch, size_t begin, size_t end,
                     const FrameOptions& options, std::span<uint8_t> output,
                     const FrameTable& table, size_t* frames) noexcept {
  *frames = 0;
  if (begin > end || end > batch.rows || end - begin > table.capacity || !is_usable(options)) {
    return {Code::kBadArgument, 0};
  }
  FrameCutter cutter(batch, options, table);
  const Status status = cutter.cut(begin, end);
  if (!status.ok()) return status;
  if (cutter.bytes() > output.size()) return {Code::kOutputTooSmall, cutter.bytes()};
  const FrameWriter writer(batch, options);
  for (size_t i = 0; i < cutter.frames(); ++i) {
    const std::span<uint8_t> frame = output.subspan(table.offsets[i], table.lengths[i]);
    if (!writer.write(table.first_rows[i], table.rows[i], frame)) return {Code::kBadArgument, 0};
  }
  *frames = cutter.frames();
  return {};
}

}  // namespace octoload::cql
