#include "result_rows.h"

#include <bit>

namespace octoload::cql {
namespace {

constexpr uint8_t kWarningFlag = 0x08;
constexpr uint32_t kRowsKind = 2;
constexpr uint32_t kGlobalTableSpec = 1, kHasMorePages = 2, kNoMetadata = 4;
constexpr size_t kValueColumns = 5;
constexpr size_t kLengthBytes = 4;

// Numbers are big-endian. After the first read beyond the end every other gives 0.
class BodyReader {
 public:
  explicit BodyReader(std::span<const uint8_t> body) noexcept : body_(body) {}

  bool ok() const noexcept { return ok_; }
  size_t offset() const noexcept { return at_; }
  size_t left() const noexcept { return body_.size() - at_; }

  uint64_t number(size_t bytes) noexcept {
    uint64_t value = 0;
    for (const uint8_t byte : take(bytes)) value = value << 8 | byte;
    return value;
  }
  std::span<const uint8_t> take(size_t bytes) noexcept {
    if (!ok_ || bytes > left()) {
      ok_ = false;
      return {};
    }
    at_ += bytes;
    return body_.subspan(at_ - bytes, bytes);
  }
  // A [bytes]; none where it is NULL.
  struct Bytes {
    std::span<const uint8_t> bytes;
    bool is_null = true;
  };
  Bytes bytes() noexcept {
    const auto length = static_cast<int32_t>(static_cast<uint32_t>(number(kLengthBytes)));
    if (length < 0) {
      // -1 is NULL; nothing else below 0 has a meaning in an answer.
      ok_ = ok_ && length == -1;
      return {};
    }
    return {take(static_cast<size_t>(length)), false};
  }

 private:
  std::span<const uint8_t> body_;
  size_t at_ = 0;
  bool ok_ = true;
};

uint64_t big_endian(std::span<const uint8_t> bytes) noexcept {
  uint64_t value = 0;
  for (const uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

// False: NULL, or of another size.
bool read_key(BodyReader& reader, size_t size, uint64_t* value) noexcept {
  const BodyReader::Bytes column = reader.bytes();
  *value = big_endian(column.bytes);
  return !column.is_null && column.bytes.size() == size;
}

bool read_value(BodyReader& reader, size_t size, uint64_t* value, bool* is_null) noexcept {
  const BodyReader::Bytes column = reader.bytes();
  *is_null = column.is_null;
  if (column.is_null || column.bytes.size() != size) return false;
  *value = big_endian(column.bytes);
  return true;
}

bool read_row_key(BodyReader& reader, Layout layout, batch::TargetRow* row) noexcept {
  uint64_t first = 0, second = 0, third = 0;
  if (layout == Layout::kNode) {
    if (!read_key(reader, 8, &first) || !read_key(reader, 1, &second)) return false;
    row->tile = first >> 15;
    row->cell = static_cast<uint16_t>(first & 0x7fff);
    row->level = static_cast<uint8_t>(second);
    return true;
  }
  if (!read_key(reader, 1, &first) || !read_key(reader, 8, &second) ||
      !read_key(reader, 2, &third)) {
    return false;
  }
  row->level = static_cast<uint8_t>(first);
  row->tile = second;
  row->cell = static_cast<uint16_t>(third);
  return true;
}

void read_row_values(BodyReader& reader, batch::TargetRow* row) noexcept {
  uint64_t value = 0;
  bool is_null = false;
  if (read_value(reader, 4, &value, &is_null)) {
    row->material = static_cast<int32_t>(static_cast<uint32_t>(value));
  } else {
    row->flags |= is_null ? batch::kNoMaterial : batch::kNoMaterial | batch::kUnfitMaterial;
  }
  if (read_value(reader, 4, &value, &is_null)) {
    row->homogeneity = std::bit_cast<float>(static_cast<uint32_t>(value));
  } else {
    row->flags |= batch::kNoHomogeneity;
  }
  if (read_value(reader, 1, &value, &is_null)) {
    row->mask = static_cast<uint8_t>(value);
  } else {
    row->flags |= batch::kNoMask;
  }
  const BodyReader::Bytes envelope = reader.bytes();
  row->envelope = envelope.bytes;
  if (envelope.is_null) row->flags |= batch::kNoEnvelope;
  if (read_value(reader, 8, &value, &is_null)) {
    row->last_modified = static_cast<int64_t>(value);
  } else {
    row->flags |= batch::kNoLastModified;
  }
}

void skip_warnings(BodyReader& reader) noexcept {
  for (uint64_t left = reader.number(2); left > 0 && reader.ok(); --left) {
    reader.take(static_cast<size_t>(reader.number(2)));
  }
}

// Everything up to the rows.
RowsCode read_head(BodyReader& reader, size_t columns, ResultRows* result) noexcept {
  if (reader.number(4) != kRowsKind) return reader.ok() ? RowsCode::kNotRows : RowsCode::kTruncated;
  const auto flags = static_cast<uint32_t>(reader.number(4));
  const uint64_t count = reader.number(4);
  // The statement was prepared, and its answers are asked for without a description.
  const bool is_known = (flags & ~(kGlobalTableSpec | kHasMorePages)) == kNoMetadata;
  if (reader.ok() && !is_known) return RowsCode::kNotRows;
  if (reader.ok() && count != columns) {
    result->detail = count;
    return RowsCode::kOtherColumns;
  }
  if ((flags & kHasMorePages) != 0) {
    const BodyReader::Bytes state = reader.bytes();
    result->paging_bytes = state.bytes.size();
    result->paging_offset = reader.offset() - state.bytes.size();
  }
  result->rows = static_cast<size_t>(reader.number(4));
  const bool fits = result->rows <= reader.left() / (columns * kLengthBytes) &&
                    result->rows <= batch::kMaxSinkRows;
  return reader.ok() && fits ? RowsCode::kOk : RowsCode::kTruncated;
}

}  // namespace

ResultRows unpack_rows(std::span<const uint8_t> body, uint8_t flags, Layout layout,
                       std::span<uint8_t> output) noexcept {
  ResultRows result;
  const auto failed = [&result](RowsCode code, uint64_t detail) {
    result.code = code;
    result.detail = detail;
    return result;
  };
  if ((flags & ~kWarningFlag) != 0 || body.size() > kMaxBodyBytes) {
    return failed(RowsCode::kNotRows, 0);
  }
  BodyReader reader(body);
  if (flags == kWarningFlag) skip_warnings(reader);
  const size_t columns = (layout == Layout::kNode ? 2u : 3u) + kValueColumns;
  const RowsCode head = read_head(reader, columns, &result);
  if (head == RowsCode::kTruncated) return failed(head, reader.offset());
  if (head != RowsCode::kOk) return failed(head, result.detail);
  // What is left of the body is more than its envelopes take.
  const size_t needed = batch::TargetBlock::size(result.rows, reader.left());
  if (output.size() < needed) return failed(RowsCode::kOutputTooSmall, needed);
  batch::TargetBlock block(output, result.rows);
  for (size_t i = 0; i < result.rows; ++i) {
    batch::TargetRow row;
    const bool has_key = read_row_key(reader, layout, &row);
    if (!reader.ok()) return failed(RowsCode::kTruncated, reader.offset());
    if (!has_key) return failed(RowsCode::kBadKey, i);
    read_row_values(reader, &row);
    if (!reader.ok()) return failed(RowsCode::kTruncated, reader.offset());
    result.envelope_bytes += row.envelope.size();
    block.add(row);
  }
  if (reader.left() != 0) return failed(RowsCode::kTrailing, reader.offset());
  result.bytes = block.finish();
  return result;
}

}  // namespace octoload::cql
