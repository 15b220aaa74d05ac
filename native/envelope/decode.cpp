#include <limits>

#include "byte_heap.h"
#include "bytes.h"
#include "cell_center.h"
#include "envelope.h"
#include "layout.h"
#include "row_key.h"
#include "row_opener.h"
#include "timestamp.h"

namespace octoload::envelope {
namespace {

void put(const MutableValueColumn& column, size_t row, uint8_t kind, uint64_t slot) noexcept {
  column.kinds[row] = kind;
  column.slots[row] = slot;
}

// Nothing of a row reaches the columns before its checksum has passed.
class Decoder {
 public:
  Decoder(const Envelopes& envelopes, const Frame& frame,
          std::span<const Dictionary* const> dictionaries, const DecodeOutput& out) noexcept
      : keys_(envelopes.keys),
        frame_(frame),
        out_(out),
        opener_(envelopes.bytes, frame, dictionaries),
        heap_(out.bytes) {}

  // Decodes the bytes [begin, end) of the batch. The status means nothing on
  // overflow().
  RowStatus decode_row(size_t row, uint32_t begin, uint32_t end) noexcept {
    const size_t used = heap_.used();
    RowKey key;
    RowStatus status = read_key(keys_, row, &key);
    if (status == kRowOk) status = opener_.open(begin, end, key, heap_);
    if (status == kRowOk) status = put_row(row, key);
    if (status == kRowOk) return kRowOk;
    heap_.rewind(used);
    clear(row);
    return status;
  }

  bool overflow() const noexcept { return overflow_ || heap_.overflow(); }
  size_t used() const noexcept { return heap_.used(); }

 private:
  RowStatus put_row(size_t row, const RowKey& key) noexcept {
    const ParsedRow& parsed = opener_.row();
    const RowStatus status = put_coordinates(row, key, parsed);
    if (status != kRowOk) return status;
    put(out_.id, row, parsed.id.kind, slot_of(parsed.id));
    put(out_.density, row, parsed.density.kind, slot_of(parsed.density));
    put_created(row, parsed.created);
    put_metadata(row, parsed.metadata);
    for (unsigned k = 0; k < kOriginals; ++k) {
      const auto kind = static_cast<uint8_t>(class_at(parsed.classes, kOriginalClasses + k));
      put(out_.originals[k], row, kind, has_bytes(kind) ? slot_of(parsed.originals[k]) : 0);
    }
    return put_extras(row, parsed);
  }

  uint64_t slot_of(const Value& value) noexcept {
    return has_bytes(value.kind) ? heap_.copy(value.data, value.length) : value.bits;
  }

  RowStatus put_coordinates(size_t row, const RowKey& key, const ParsedRow& parsed) noexcept {
    const std::array<double, 3> center = cell_center(frame_, key);
    for (unsigned axis = 0; axis < 3; ++axis) {
      const uint64_t bits = __builtin_bit_cast(uint64_t, center[axis]) ^ parsed.residuals[axis];
      const double coordinate = __builtin_bit_cast(double, bits);
      const bool is_integer = class_at(parsed.classes, kOriginalClasses + axis) == kInteger;
      if (is_integer && !is_exact_int64(coordinate)) return kRowMalformed;
      out_.xyz[axis][row] = coordinate;
    }
    return kRowOk;
  }

  void put_created(size_t row, const Value& created) noexcept {
    if (created.kind < kFirstTimestampKind) {
      return put(out_.created, row, created.kind, slot_of(created));
    }
    const auto count = static_cast<int64_t>(created.bits);
    put(out_.created, row, kText, put_timestamp(created.kind, count));
  }

  // Rendering may write more than the text: near the end of the heap it is
  // done aside, so that the text alone has to fit.
  uint64_t put_timestamp(uint8_t kind, int64_t count) noexcept {
    if (heap_.room() >= kMaxTimestampBytes) [[likely]] {
      return heap_.keep(render_timestamp(kind, count, heap_.reserve(kMaxTimestampBytes)));
    }
    uint8_t text[kMaxTimestampBytes];
    const size_t length = render_timestamp(kind, count, text);
    return heap_.copy(text, length);
  }

  void put_metadata(size_t row, const Value& metadata) noexcept {
    const bool is_stored = has_bytes(metadata.kind);
    const uint64_t slot = is_stored ? opener_.metadata_slot(heap_) : metadata.bits;
    put(out_.metadata, row, metadata.kind, slot);
  }

  // The extension was whole when it was parsed: a fault in this second walk
  // means that someone has changed its bytes in between.
  RowStatus put_extras(size_t row, const ParsedRow& parsed) noexcept {
    if (out_.column_sets != nullptr) out_.column_sets[row] = parsed.column_set;
    if (parsed.extra_columns > out_.extras.size()) {
      overflow_ = true;
      return kRowTooLarge;
    }
    Reader reader(parsed.extra_values, parsed.body_end, parsed.body_end);
    for (uint32_t k = 0; k < parsed.extra_columns; ++k) {
      const Value value = parse_value(reader, extra_kind(parsed, k));
      if (reader.fault() != kRowOk) return reader.fault();
      put(out_.extras[k], row, value.kind, slot_of(value));
    }
    for (size_t k = parsed.extra_columns; k < out_.extras.size(); ++k) {
      put(out_.extras[k], row, kAbsent, 0);
    }
    return kRowOk;
  }

  void clear(size_t row) noexcept {
    for (double* axis : out_.xyz) axis[row] = std::numeric_limits<double>::quiet_NaN();
    for (const MutableValueColumn* column :
         {&out_.id, &out_.density, &out_.created, &out_.metadata}) {
      put(*column, row, kAbsent, 0);
    }
    for (const MutableValueColumn& column : out_.originals) put(column, row, kAbsent, 0);
    for (const MutableValueColumn& column : out_.extras) put(column, row, kAbsent, 0);
    if (out_.column_sets != nullptr) out_.column_sets[row] = 0;
  }

  const RowKeys& keys_;
  const Frame& frame_;
  const DecodeOutput& out_;
  RowOpener opener_;
  ByteHeap heap_;
  bool overflow_ = false;  // of the columns for unmapped ones; the heap has its own
};

}  // namespace

BatchResult decode(const Envelopes& envelopes, const Frame& frame,
                   std::span<const Dictionary* const> dictionaries, const DecodeOutput& out,
                   size_t* bytes_used) noexcept {
  BatchResult result;
  Decoder decoder(envelopes, frame, dictionaries, out);
  uint32_t begin = envelopes.offsets[0];
  for (size_t row = 0; row < envelopes.count && !result.overflow; ++row) {
    const uint32_t end = envelopes.offsets[row + 1];
    const RowStatus status = decoder.decode_row(row, begin, end);
    out.status[row] = status;
    result.rejected += status != kRowOk ? 1 : 0;
    result.overflow = decoder.overflow();
    begin = end;
  }
  *bytes_used = decoder.used();
  return result;
}

}  // namespace octoload::envelope
