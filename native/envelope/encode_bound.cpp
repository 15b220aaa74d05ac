#include "envelope.h"
#include "layout.h"
#include "row_limits.h"

namespace octoload::envelope {
namespace {

// Bytes of a column's TEXT and BLOB values. A value the encoder will refuse
// counts nothing: it refuses before it writes.
uint64_t value_bytes(const ValueColumn& column, size_t count, size_t bytes) noexcept {
  if (column.slots == nullptr) return 0;
  if (column.kinds == nullptr && !has_bytes(column.kind)) return 0;
  uint64_t sum = 0;
  for (size_t row = 0; row < count; ++row) {
    const uint8_t kind = column.kinds != nullptr ? column.kinds[row] : column.kind;
    const uint64_t slot = column.slots[row];
    const uint64_t length = slot >> 32;
    const bool is_within = (slot & 0xFFFFFFFFu) + length <= bytes;
    sum += has_bytes(kind) && is_within && length <= kMaxValueBytes ? length : 0;
  }
  return sum;
}

}  // namespace

size_t encode_bound(const Columns& columns) noexcept {
  const auto extras = columns.column_set != 0 ? columns.extras : std::span<const ValueColumn>{};
  uint64_t row_bytes = kRowFixedBytes + extras.size() * kExtraFixedBytes;
  if (!extras.empty()) row_bytes += kExtensionFixedBytes;
  if (columns.count > UINT32_MAX / row_bytes) return SIZE_MAX;
  const size_t bytes = columns.bytes.size();
  uint64_t sum = columns.count * row_bytes + kRowSlackBytes;
  for (const ValueColumn* column :
       {&columns.id, &columns.density, &columns.created, &columns.metadata}) {
    sum += value_bytes(*column, columns.count, bytes);
  }
  for (const ValueColumn& column : columns.originals) {
    sum += value_bytes(column, columns.count, bytes);
  }
  for (const ValueColumn& column : extras) sum += value_bytes(column, columns.count, bytes);
  return sum <= UINT32_MAX ? static_cast<size_t>(sum) : SIZE_MAX;
}

}  // namespace octoload::envelope
