#include "row_parser.h"

#include "timestamp.h"

namespace octoload::envelope {
namespace {

constexpr size_t kMinEnvelopeBytes = kHeadBytes + 2 + kChecksumBytes;
constexpr uint64_t kMaxLz4Ratio = 255;

void parse_head(Reader& reader, ParsedRow* row) noexcept {
  if ((row->flags & kFlagDictionary) != 0) {
    if ((row->flags & kFlagLz4) == 0) return reader.fail(kRowMalformed);
    row->dictionary = reader.varint_within(1, UINT32_MAX);
  }
  if ((row->flags & kFlagLz4) != 0) row->metadata_bytes = reader.varint_within(1, kMaxValueBytes);
}

bool are_classes_known(uint32_t classes) noexcept {
  for (unsigned k = 0; k < kOriginals; ++k) {
    if (!is_kind_in(class_at(classes, kOriginalClasses + k), allowed_original(k))) return false;
  }
  return is_kind_in(class_at(classes, kIdClass), kAnyKind) &&
         is_kind_in(class_at(classes, kDensityClass), kAnyKind) && classes >> 28 == 0;
}

void parse_residuals(Reader& reader, unsigned widths, ParsedRow* row) noexcept {
  for (unsigned axis = 0; axis < 3; ++axis) {
    row->residuals[axis] = reader.low_bytes((widths >> (4 * axis)) & 15);
  }
}

bool are_widths_known(unsigned id, unsigned density, unsigned residuals,
                      uint32_t classes) noexcept {
  if (id > (class_at(classes, kIdClass) == kInteger ? 8u : 0u)) return false;
  if (density > (class_at(classes, kDensityClass) == kReal ? 8u : 0u)) return false;
  return (residuals & 15) <= 8 && ((residuals >> 4) & 15) <= 8 && residuals >> 8 <= 8;
}

// Everything from `kinds` to the residuals.
void parse_fixed(Reader& reader, ParsedRow* row) noexcept {
  const unsigned kinds = reader.u8();
  const unsigned widths = reader.u8();
  if ((row->flags & kFlagClasses) != 0) row->classes = reader.u32();
  const unsigned residual_widths = (row->flags & kFlagResidual) != 0 ? reader.u16() : 0u;
  if (reader.fault() != kRowOk) return;
  row->created.kind = static_cast<uint8_t>(kinds & 15);
  row->metadata.kind = static_cast<uint8_t>(kinds >> 4);
  const bool usual = (row->flags & kFlagClasses) == 0;
  if (row->created.kind > kLastTimestampKind || !is_kind_in(row->metadata.kind, kAnyKind) ||
      !(usual || are_classes_known(row->classes)) ||
      !are_widths_known(widths & 15, widths >> 4, residual_widths, row->classes)) {
    return reader.fail(kRowMalformed);
  }
  row->id.kind = static_cast<uint8_t>(class_at(row->classes, kIdClass));
  row->density.kind = static_cast<uint8_t>(class_at(row->classes, kDensityClass));
  row->id.bits = static_cast<uint64_t>(unzigzag(reader.low_bytes(widths & 15)));
  row->density.bits = reader.high_bytes(widths >> 4);
  if (residual_widths != 0) parse_residuals(reader, residual_widths, row);
}

void parse_class_values(Reader& reader, ParsedRow* row) noexcept {
  if (row->id.kind != kInteger) row->id = parse_value(reader, row->id.kind);
  for (unsigned k = 0; k < kOriginals; ++k) {
    const unsigned kind = class_at(row->classes, kOriginalClasses + k);
    if (has_bytes(kind)) row->originals[k] = parse_value(reader, kind);
  }
  if (row->density.kind != kReal) row->density = parse_value(reader, row->density.kind);
}

void parse_created(Reader& reader, ParsedRow* row) noexcept {
  const uint8_t kind = row->created.kind;
  if (kind < kFirstTimestampKind) {
    row->created = parse_value(reader, kind);
    return;
  }
  const int64_t count = unzigzag(reader.varint());
  if (!is_timestamp_count(kind, count)) return reader.fail(kRowMalformed);
  row->created.bits = static_cast<uint64_t>(count);
}

// The values themselves are walked, to find their end, and forgotten.
void parse_extension(Reader& reader, ParsedRow* row) noexcept {
  row->column_set = reader.varint_within(1, UINT32_MAX);
  row->extra_columns = reader.varint_within(1, kMaxExtraColumns);
  row->extra_kinds = reader.take((row->extra_columns + 1) / 2);
  row->extra_values = reader.at();
  if (reader.fault() != kRowOk) return;
  if (row->extra_columns % 2 != 0 && extra_kind(*row, row->extra_columns) != 0) {
    return reader.fail(kRowMalformed);
  }
  for (uint32_t k = 0; k < row->extra_columns; ++k) parse_value(reader, extra_kind(*row, k));
}

void parse_metadata(Reader& reader, ParsedRow* row) noexcept {
  const bool lz4 = (row->flags & kFlagLz4) != 0;
  if (!has_bytes(row->metadata.kind)) {
    row->metadata = parse_value(reader, row->metadata.kind);
    if (lz4 || reader.left() != 0) reader.fail(kRowMalformed);
    return;
  }
  const size_t stored = reader.left();
  const bool too_long = lz4 ? row->metadata_bytes > kMaxLz4Ratio * stored : stored > kMaxValueBytes;
  if (too_long) return reader.fail(kRowMalformed);
  row->metadata.data = reader.at();
  row->metadata.length = static_cast<uint32_t>(stored);
  if (!lz4) row->metadata_bytes = row->metadata.length;
}

}  // namespace

Value parse_value(Reader& reader, unsigned kind) noexcept {
  Value value;
  value.kind = static_cast<uint8_t>(kind);
  switch (kind) {
    case kAbsent:
    case kNull:
      break;
    case kInteger:
      value.bits = static_cast<uint64_t>(unzigzag(reader.varint()));
      break;
    case kReal:
      value.bits = reader.u64();
      break;
    case kText:
    case kBlob:
      value.length = reader.varint_within(0, kMaxValueBytes);
      value.data = reader.take(value.length);
      break;
    default:
      reader.fail(kRowMalformed);
  }
  return value;
}

RowStatus parse_row(const uint8_t* begin, const uint8_t* end, const uint8_t* readable,
                    ParsedRow* row) noexcept {
  const auto size = static_cast<size_t>(end - begin);
  if (size < kMinEnvelopeBytes) {
    return size > 0 && begin[0] != kVersion ? kRowBadVersion : kRowTruncated;
  }
  if (begin[0] != kVersion) return kRowBadVersion;
  row->flags = begin[1];
  if ((row->flags & ~kKnownFlags) != 0 || size > kMaxEnvelopeBytes) return kRowMalformed;
  row->dictionary = 0;
  row->classes = kUsualClasses;
  row->residuals = {};
  row->column_set = 0;
  row->extra_columns = 0;
  row->body_end = end - kChecksumBytes;
  Reader reader(begin + kHeadBytes, row->body_end, readable);
  parse_head(reader, row);
  row->content = reader.at();
  parse_fixed(reader, row);
  if (reader.fault() != kRowOk) return reader.fault();
  if ((row->flags & kFlagClasses) != 0) parse_class_values(reader, row);
  parse_created(reader, row);
  if ((row->flags & kFlagExtension) != 0) parse_extension(reader, row);
  if (reader.fault() != kRowOk) return reader.fault();
  parse_metadata(reader, row);
  return reader.fault();
}

}  // namespace octoload::envelope
