#include "row_digester.h"

#include <cstring>
#include <new>

#include "../envelope/cell_center.h"
#include "../envelope/reader.h"
#include "../envelope/row_parser.h"
#include "../envelope/timestamp.h"

namespace octoload::digest {
namespace {

using envelope::Kind;
using envelope::ParsedRow;
using envelope::RowKey;
using envelope::Value;

constexpr size_t kHeapBytes = size_t{64} << 10;

std::vector<const envelope::Dictionary*> pointers_of(const RowContext& context) {
  std::vector<const envelope::Dictionary*> pointers;
  for (const auto& dictionary : context.dictionaries) pointers.push_back(dictionary.get());
  return pointers;
}

Value number(uint8_t kind, uint64_t bits) noexcept {
  Value value;
  value.kind = kind;
  value.bits = bits;
  return value;
}

// The value of a column whose INTEGER is told by something beside the envelope.
Value held(const ParsedRow& parsed, unsigned original, const Value& integer) noexcept {
  const uint32_t kind = envelope::class_at(parsed.classes, envelope::kOriginalClasses + original);
  if (kind == Kind::kInteger) return integer;
  return envelope::has_bytes(kind) ? parsed.originals[original] : Value{};
}

}  // namespace

RowDigester::RowDigester(const RowContext& context, const batch::SinkBatch& batch) noexcept
    : context_(context),
      batch_(batch),
      dictionaries_(pointers_of(context)),
      opener_(batch.bytes, context.frame, dictionaries_),
      heap_memory_(new(std::nothrow) uint8_t[kHeapBytes]),
      heap_({heap_memory_.get(), heap_memory_ == nullptr ? 0 : kHeapBytes}),
      sha_(sha_blocks()),
      other_sha_(sha_blocks()),
      pair_(sha_pair()) {}

RowStatus RowDigester::digest(size_t row, Number256* digest) noexcept {
  const RowStatus status = put(row, sha_);
  if (status == kRowOk) *digest = Number256::of(sha_.finish());
  return status;
}

void RowDigester::digest_both(size_t first, size_t second, Number256* digests,
                              RowStatus* status) noexcept {
  status[0] = put(first, sha_);
  status[1] = put(second, other_sha_);
  Sha256::finish_both(sha_, other_sha_, pair_);
  if (status[0] == kRowOk) digests[0] = Number256::of(sha_.state());
  if (status[1] == kRowOk) digests[1] = Number256::of(other_sha_.state());
}

// The row's canonical bytes, as a new message; nothing where it has none.
RowStatus RowDigester::put(size_t row, Sha256& to) noexcept {
  to.begin();
  const envelope::RowKeys keys = {batch_.tiles, batch_.cells, batch_.levels, 0};
  RowKey key;
  RowStatus status = envelope::read_key(keys, row, &key);
  if (status != kRowOk) return status;
  heap_.rewind(0);
  status = opener_.open(batch_.offsets[row], batch_.offsets[row + 1], key, heap_);
  if (status == kRowOk) status = fill(row, key);
  if (status == kRowOk) put_canonical(row_, to);
  return status;
}

RowStatus RowDigester::fill(size_t row, const RowKey& key) noexcept {
  const ParsedRow& parsed = opener_.row();
  row_.key = key;
  row_.id = parsed.id;
  row_.density = parsed.density;
  row_.metadata = parsed.metadata;
  if (envelope::has_bytes(parsed.metadata.kind)) {
    row_.metadata.data = opener_.metadata();
    row_.metadata.length = parsed.metadata_bytes;
  }
  row_.has_material = batch_.no_materials[row] == 0;
  row_.material_id = batch_.materials[row];
  row_.level = held(parsed, envelope::kLevel, number(Kind::kInteger, key.level));
  const auto material = static_cast<uint64_t>(int64_t{row_.material_id});
  row_.material = held(parsed, envelope::kMaterial,
                       number(row_.has_material ? Kind::kInteger : Kind::kNull, material));
  row_.children_mask = batch_.masks[row];
  std::memcpy(&row_.homogeneity_bits, batch_.homogeneities + row, sizeof row_.homogeneity_bits);
  fill_created(parsed.created);
  const RowStatus status = fill_axes(parsed);
  return status == kRowOk ? fill_extras(parsed) : status;
}

RowStatus RowDigester::fill_axes(const ParsedRow& parsed) noexcept {
  const std::array<double, 3> center = envelope::cell_center(context_.frame, row_.key);
  for (unsigned axis = 0; axis < 3; ++axis) {
    const uint64_t bits = __builtin_bit_cast(uint64_t, center[axis]) ^ parsed.residuals[axis];
    const double coordinate = __builtin_bit_cast(double, bits);
    row_.coordinates[axis] = coordinate;
    const uint32_t kind = envelope::class_at(parsed.classes, envelope::kOriginalClasses + axis);
    if (kind == Kind::kReal) {
      row_.axes[axis] = number(Kind::kReal, bits);
      continue;
    }
    Value integer;
    if (kind == Kind::kInteger) {
      if (!envelope::is_exact_int64(coordinate)) return kRowMalformed;
      const auto whole = static_cast<int64_t>(coordinate);
      integer = number(Kind::kInteger, static_cast<uint64_t>(whole));
    }
    row_.axes[axis] = held(parsed, axis, integer);
  }
  return kRowOk;
}

void RowDigester::fill_created(const Value& created) noexcept {
  row_.created = created;
  if (created.kind < envelope::kFirstTimestampKind) return;
  static_assert(sizeof created_ >= envelope::kMaxTimestampBytes);
  const auto count = static_cast<int64_t>(created.bits);
  row_.created.kind = Kind::kText;
  row_.created.data = created_;
  row_.created.length =
      static_cast<uint32_t>(envelope::render_timestamp(created.kind, count, created_));
}

RowStatus RowDigester::fill_extras(const ParsedRow& parsed) noexcept {
  row_.names = nullptr;
  row_.extras = {};
  if (parsed.column_set == 0) return kRowOk;
  if (names_ == nullptr || names_->number() != parsed.column_set) {
    names_ = nullptr;
    for (const ColumnNames& set : context_.column_sets) {
      if (set.number() == parsed.column_set) names_ = &set;
    }
  }
  if (names_ == nullptr || parsed.extra_columns > names_->count()) return kRowUnknownColumns;
  extras_.clear();
  envelope::Reader reader(parsed.extra_values, parsed.body_end, parsed.body_end);
  for (uint32_t k = 0; k < parsed.extra_columns; ++k) {
    extras_.push_back(envelope::parse_value(reader, envelope::extra_kind(parsed, k)));
  }
  row_.names = names_;
  row_.extras = extras_;
  return reader.fault();
}

}  // namespace octoload::digest
