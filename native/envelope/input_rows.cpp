#include "input_rows.h"

#include "cell_center.h"

namespace octoload::envelope {
namespace {

// TEXT and BLOB: offset and length, as the slot has them, against the buffer.
RowStatus bind_bytes(uint64_t slot, std::span<const uint8_t> bytes, Value* value) noexcept {
  const uint64_t offset = slot & 0xFFFFFFFFu;
  const uint64_t length = slot >> 32;
  if (offset + length > bytes.size()) return kRowBadSlot;
  if (length > kMaxValueBytes) return kRowTooLarge;
  value->length = static_cast<uint32_t>(length);
  value->data = bytes.data() + offset;
  return kRowOk;
}

uint8_t kind_at(const ValueColumn& column, size_t row) noexcept {
  return column.kinds != nullptr ? column.kinds[row] : column.kind;
}

inline RowStatus read_value(const ValueColumn& column, size_t row, std::span<const uint8_t> bytes,
                            Value* value) noexcept {
  value->kind = kind_at(column, row);
  if (!is_kind_in(value->kind, kAnyKind)) return kRowBadKind;
  if (value->kind == kAbsent || value->kind == kNull) return kRowOk;
  if (column.slots == nullptr) return kRowBadSlot;
  const uint64_t slot = column.slots[row];
  if (has_bytes(value->kind)) return bind_bytes(slot, bytes, value);
  value->bits = slot;
  return kRowOk;
}

}  // namespace

InputRows::InputRows(const Columns& columns, const Frame& frame) noexcept
    : columns_(columns), frame_(frame) {
  for (unsigned k = 0; k < kOriginals; ++k) {
    const ValueColumn& column = columns.originals[k];
    const uint32_t usual = class_at(kUsualClasses, kOriginalClasses + k);
    if (column.kinds != nullptr || column.kind != usual) all_usual_ = false;
  }
}

RowStatus InputRows::read(size_t row, InputRow* values) const noexcept {
  RowStatus status = read_key(columns_.keys, row, &values->key);
  const auto read_into = [&](const ValueColumn& column, Value* value) {
    if (status == kRowOk) status = read_value(column, row, columns_.bytes, value);
  };
  read_into(columns_.id, &values->id);
  read_into(columns_.density, &values->density);
  read_into(columns_.created, &values->created);
  read_into(columns_.metadata, &values->metadata);
  return status == kRowOk ? read_coordinates(row, values) : status;
}

RowStatus InputRows::read_coordinates(size_t row, InputRow* values) const noexcept {
  const std::array<double, 3> center = cell_center(frame_, values->key);
  std::array<double, 3> coordinates;
  for (unsigned axis = 0; axis < 3; ++axis) {
    coordinates[axis] = columns_.xyz[axis][row];
    values->residuals[axis] = __builtin_bit_cast(uint64_t, coordinates[axis]) ^
                              __builtin_bit_cast(uint64_t, center[axis]);
  }
  values->classes = with_class(kUsualClasses, kIdClass, values->id.kind);
  values->classes = with_class(values->classes, kDensityClass, values->density.kind);
  return all_usual_ ? kRowOk : read_classes(row, coordinates, &values->classes);
}

RowStatus InputRows::read_classes(size_t row, const std::array<double, 3>& coordinates,
                                  uint32_t* classes) const noexcept {
  for (unsigned k = 0; k < kOriginals; ++k) {
    const uint8_t kind = kind_at(columns_.originals[k], row);
    if (!is_kind_in(kind, allowed_original(k))) return kRowBadKind;
    if (k <= kZ && kind == kInteger && !is_exact_int64(coordinates[k])) return kRowNotInteger;
    *classes = with_class(*classes, kOriginalClasses + k, kind);
  }
  return kRowOk;
}

RowStatus InputRows::read_original(unsigned k, size_t row, Value* value) const noexcept {
  const uint64_t* slots = columns_.originals[k].slots;
  return slots != nullptr ? bind_bytes(slots[row], columns_.bytes, value) : kRowBadSlot;
}

RowStatus InputRows::read_extra(size_t k, size_t row, Value* value) const noexcept {
  return read_value(columns_.extras[k], row, columns_.bytes, value);
}

}  // namespace octoload::envelope
