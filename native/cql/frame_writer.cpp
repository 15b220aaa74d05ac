#include "frame_writer.h"

namespace octoload::cql {
namespace {

uint8_t* put_id(uint8_t* to, std::span<const uint8_t> id) noexcept {
  return put_bytes(put16(to, static_cast<uint16_t>(id.size())), id.data(), id.size());
}

uint8_t* put_header(uint8_t* to, uint8_t opcode, size_t frame_bytes) noexcept {
  constexpr uint8_t kFlags = 0;
  constexpr uint16_t kStream = 0;
  to = put8(put16(put8(put8(to, kVersion), kFlags), kStream), opcode);
  return put32(to, static_cast<uint32_t>(frame_bytes - kHeaderBytes));
}

template <Layout kLayout>
uint8_t* put_key(uint8_t* to, const batch::SinkBatch& batch, size_t row) noexcept {
  const uint64_t tile = batch.tiles[row];
  const uint16_t cell = batch.cells[row];
  const uint8_t level = batch.levels[row];
  if constexpr (kLayout == Layout::kNode) {
    return put_tinyint(put_bigint(to, tile << 15 | cell), level);
  } else {
    return put_smallint(put_bigint(put_tinyint(to, level), tile), cell);
  }
}

}  // namespace

FrameWriter::FrameWriter(const batch::SinkBatch& batch, const FrameOptions& options) noexcept
    : batch_(batch),
      options_(options),
      null_length_(options.null_material == NullAs::kUnset ? kLengthUnset : kLengthNull) {
  const uint16_t values = values_of(options.layout);
  const uint8_t* const statement_end =
      put16(put_id(put8(statement_, kPrepared), options.prepared_id), values);
  statement_bytes_ = static_cast<size_t>(statement_end - statement_);
  uint8_t* to = put16(put_id(execute_, options.prepared_id), options.consistency);
  to = put16(put8(to, kWithValues | kWithTimestamp), values);
  execute_bytes_ = static_cast<size_t>(to - execute_);
}

template <Layout kLayout>
bool FrameWriter::write_values(size_t row, Place* place) const noexcept {
  const size_t begin = batch_.offsets[row], end = batch_.offsets[row + 1];
  const bool no_material = batch_.no_materials[row] != 0;
  if (begin > end || end > batch_.bytes.size()) return false;
  const size_t size = value_bytes_of(kLayout) + (end - begin);
  if (size - (no_material ? kMaterialValueBytes : 0) > place->room()) return false;
  uint8_t* to = put_key<kLayout>(place->to, batch_, row);
  to = no_material ? put32(to, null_length_)
                   : put_int(to, static_cast<uint32_t>(batch_.materials[row]));
  to = put_float(to, batch_.homogeneities[row]);
  to = put_tinyint(to, batch_.masks[row]);
  to = put32(to, static_cast<uint32_t>(end - begin));
  to = put_bytes(to, batch_.bytes.data() + begin, end - begin);
  place->to = put_bigint(to, static_cast<uint64_t>(batch_.last_modified[row]));
  return true;
}

template <Layout kLayout>
bool FrameWriter::write_statements(size_t first_row, uint32_t rows, Place* place) const noexcept {
  for (size_t row = first_row; row < first_row + rows; ++row) {
    if (place->room() < statement_bytes_) return false;
    place->to = put_bytes(place->to, statement_, statement_bytes_);
    if (!write_values<kLayout>(row, place)) return false;
  }
  return true;
}

bool FrameWriter::write(size_t first_row, uint32_t rows, std::span<uint8_t> frame) const noexcept {
  const bool is_node = options_.layout == Layout::kNode;
  const bool is_batch = rows > 1;
  const size_t tail = is_batch ? kBatchTailBytes : kTimestampBytes;
  // The tail's room is not the rows' to write to.
  Place place{put_header(frame.data(), is_batch ? kOpBatch : kOpExecute, frame.size()),
              frame.data() + frame.size() - tail};
  bool fits = false;
  if (is_batch) {
    place.to = put16(put8(place.to, kUnlogged), static_cast<uint16_t>(rows));
    fits = is_node ? write_statements<Layout::kNode>(first_row, rows, &place)
                   : write_statements<Layout::kTile>(first_row, rows, &place);
  } else {
    place.to = put_bytes(place.to, execute_, execute_bytes_);
    fits = is_node ? write_values<Layout::kNode>(first_row, &place)
                   : write_values<Layout::kTile>(first_row, &place);
  }
  if (!fits || place.room() != 0) return false;
  if (is_batch) place.to = put8(put16(place.to, options_.consistency), kWithTimestamp);
  put64(place.to, static_cast<uint64_t>(options_.timestamp_us));
  return true;
}

}  // namespace octoload::cql
