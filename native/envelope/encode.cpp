#include <algorithm>

#include "bytes.h"
#include "checksum.h"
#include "content_writer.h"
#include "envelope.h"
#include "input_rows.h"
#include "layout.h"
#include "lz4_block.h"
#include "row_limits.h"
#include "timestamp.h"

namespace octoload::envelope {
namespace {

// Writes one envelope after the other. The functions that return a pointer
// return where they ended, or nullptr when the row is left: refused (status_)
// or out of room (overflow_).
class Encoder {
 public:
  Encoder(const Columns& columns, const Frame& frame, const Dictionary* dictionary,
          const EncodeOutput& out, size_t min_lz4_bytes) noexcept
      : columns_(columns),
        min_lz4_bytes_(std::max(min_lz4_bytes, kMinCompressibleBytes)),
        rows_(columns, frame),
        dictionary_(dictionary != nullptr ? dictionary->number() : 0),
        compressor_(dictionary),
        checksummer_(frame),
        at_(out.bytes.data()),
        end_(at_ + (out.bytes.size() < UINT32_MAX ? out.bytes.size() : UINT32_MAX)) {}

  // A bad row leaves nothing behind. The status means nothing on overflow().
  RowStatus encode_row(size_t row) noexcept {
    InputRow values;
    status_ = rows_.read(row, &values);
    if (status_ != kRowOk) return status_;
    uint8_t* const end = write(row, values);
    if (end != nullptr) at_ = end;
    return status_;
  }

  const uint8_t* at() const noexcept { return at_; }
  bool overflow() const noexcept { return overflow_; }

 private:
  uint8_t* refuse(RowStatus status) noexcept {
    status_ = status;
    return nullptr;
  }
  uint8_t* run_out() noexcept {
    overflow_ = true;
    return nullptr;
  }

  // Whether `length` bytes fit, and what may follow before this is asked again.
  bool has_room(const uint8_t* to, size_t length) const noexcept {
    return static_cast<size_t>(end_ - to) >= length + kRowSlackBytes;
  }

  uint8_t* put_bounded(uint8_t* to, const Value& value) noexcept {
    return has_room(to, value.length) ? put_value(to, value) : run_out();
  }

  // The content starts where it would in an envelope with LZ4, if LZ4 is to be
  // tried: finish() moves it down when the metadata stays as it is.
  uint8_t* write(size_t row, const InputRow& values) noexcept {
    if (static_cast<size_t>(end_ - at_) < kRowFixedBytes) return run_out();
    const bool try_lz4 =
        has_bytes(values.metadata.kind) && values.metadata.length >= min_lz4_bytes_;
    uint8_t* const content = at_ + kHeadBytes + (try_lz4 ? lz4_head_bytes(values.metadata) : 0);
    uint8_t flags = 0;
    uint8_t* to = put_fixed(content, values, &flags);
    if ((flags & kFlagClasses) != 0) to = put_class_values(to, row, values);
    if (to != nullptr) to = put_created(to, values.created, content);
    if (to != nullptr && columns_.column_set != 0) {
      flags |= kFlagExtension;
      to = put_extension(to, row);
    }
    if (to == nullptr) return nullptr;
    if (!has_room(to, values.metadata.length)) return run_out();
    return finish(content, to, values, flags, try_lz4);
  }

  uint8_t* put_class_values(uint8_t* to, size_t row, const InputRow& values) noexcept {
    if (values.id.kind != kInteger) to = put_bounded(to, values.id);
    for (unsigned k = 0; k < kOriginals && to != nullptr; ++k) {
      Value original;
      original.kind = static_cast<uint8_t>(class_at(values.classes, kOriginalClasses + k));
      if (!has_bytes(original.kind)) continue;
      const RowStatus status = rows_.read_original(k, row, &original);
      to = status == kRowOk ? put_bounded(to, original) : refuse(status);
    }
    if (to != nullptr && values.density.kind != kReal) to = put_bounded(to, values.density);
    return to;
  }

  uint8_t* put_created(uint8_t* to, const Value& created, uint8_t* content) noexcept {
    int64_t count = 0;
    const uint8_t kind =
        created.kind == kText ? parse_timestamp(created.data, created.length, &count) : uint8_t{0};
    if (kind == 0) return put_bounded(to, created);
    content[0] = static_cast<uint8_t>((content[0] & 0xF0) | kind);
    return put_varint(to, zigzag(count));
  }

  uint8_t* put_extension(uint8_t* to, size_t row) noexcept {
    const size_t count = columns_.extras.size();
    if (count == 0) return refuse(kRowBadKind);
    if (count > kMaxExtraColumns) return refuse(kRowTooLarge);
    const size_t kind_bytes = (count + 1) / 2;
    if (!has_room(to, kind_bytes)) return run_out();
    to = put_varint(to, columns_.column_set);
    to = put_varint(to, count);
    uint8_t* const kinds = to;
    to += kind_bytes;
    for (size_t k = 0; k < count && to != nullptr; ++k) {
      Value value;
      const RowStatus status = rows_.read_extra(k, row, &value);
      if (status != kRowOk) return refuse(status);
      const auto high = static_cast<uint8_t>(value.kind << 4);
      kinds[k / 2] = k % 2 == 0 ? value.kind : static_cast<uint8_t>(kinds[k / 2] | high);
      to = put_bounded(to, value);
    }
    return to;
  }

  // Dictionary number and metadata length, as they stand before the content.
  size_t lz4_head_bytes(const Value& metadata) const noexcept {
    return (dictionary_ != 0 ? varint_size(dictionary_) : 0) + varint_size(metadata.length);
  }

  uint8_t* finish(uint8_t* content, uint8_t* to, const InputRow& values, uint8_t flags,
                  bool try_lz4) noexcept {
    Sealed sealed;
    const Value& metadata = values.metadata;
    const size_t block = try_lz4 ? compress(metadata, to) : 0;
    if (block != 0) {
      flags |= dictionary_ != 0 ? kFlagLz4 | kFlagDictionary : kFlagLz4;
      sealed.dictionary = dictionary_;
      sealed.content_bytes = static_cast<size_t>(to - content);
      sealed.metadata = metadata.data;
      sealed.metadata_bytes = metadata.length;
      put_lz4_head(metadata);
      to += block;
    } else {
      if (try_lz4) to = move_down(&content, to);
      to = put_raw_metadata(to, metadata);
      sealed.content_bytes = static_cast<size_t>(to - content);
    }
    sealed.flags = flags;
    sealed.content = content;
    at_[0] = kVersion;
    at_[1] = flags;
    store_u32(to, checksummer_.checksum(sealed, values.key));
    to += kChecksumBytes;
    return static_cast<size_t>(to - at_) <= kMaxEnvelopeBytes ? to : refuse(kRowTooLarge);
  }

  // A block that makes the envelope smaller than the metadata as it is would;
  // else 0.
  size_t compress(const Value& metadata, uint8_t* to) noexcept {
    const size_t capacity = metadata.length - lz4_head_bytes(metadata) - 1;
    return compressor_.compress(metadata.data, metadata.length, to, capacity);
  }

  void put_lz4_head(const Value& metadata) noexcept {
    uint8_t* to = at_ + kHeadBytes;
    if (dictionary_ != 0) to = put_varint(to, dictionary_);
    put_varint(to, metadata.length);
  }

  uint8_t* move_down(uint8_t** content, const uint8_t* to) noexcept {
    const auto size = static_cast<size_t>(to - *content);
    uint8_t* const lower = at_ + kHeadBytes;
    std::memmove(lower, *content, size);
    *content = lower;
    return lower + size;
  }

  static uint8_t* put_raw_metadata(uint8_t* to, const Value& metadata) noexcept {
    if (!has_bytes(metadata.kind)) return put_value(to, metadata);
    copy_bytes(to, metadata.data, metadata.length);
    return to + metadata.length;
  }

  const Columns& columns_;
  const size_t min_lz4_bytes_;
  const InputRows rows_;
  const uint32_t dictionary_;  // its number, 0 without one
  BlockCompressor compressor_;
  Checksummer checksummer_;
  uint8_t* at_;  // where the next envelope starts
  uint8_t* const end_;
  RowStatus status_ = kRowOk;
  bool overflow_ = false;
};

}  // namespace

BatchResult encode(const Columns& columns, const Frame& frame, const Dictionary* dictionary,
                   const EncodeOutput& out, size_t min_lz4_bytes) noexcept {
  BatchResult result;
  Encoder encoder(columns, frame, dictionary, out, min_lz4_bytes);
  out.offsets[0] = 0;
  for (size_t row = 0; row < columns.count; ++row) {
    const RowStatus status = encoder.encode_row(row);
    if (encoder.overflow()) {
      result.overflow = true;
      break;
    }
    out.status[row] = status;
    result.rejected += status != kRowOk ? 1 : 0;
    out.offsets[row + 1] = static_cast<uint32_t>(encoder.at() - out.bytes.data());
  }
  return result;
}

}  // namespace octoload::envelope
