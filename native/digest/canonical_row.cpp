#include "canonical_row.h"

#include "../envelope/bytes.h"

namespace octoload::digest {
namespace {

using envelope::Kind;
using envelope::Value;

constexpr size_t kNumberBytes = 8;

void put_number(uint8_t kind, uint64_t bits, Sha256& to) noexcept {
  uint8_t* const at = to.reserve(2 + kNumberBytes);
  at[0] = kind;
  at[1] = kNumberBytes;
  envelope::store_u64(at + 2, bits);
  to.commit(2 + kNumberBytes);
}

void put_length(uint64_t length, Sha256& to) noexcept {
  uint8_t* const at = to.reserve(envelope::kMaxVarintBytes);
  to.commit(static_cast<size_t>(envelope::put_varint(at, length) - at));
}

void put_value(const Value& value, Sha256& to) noexcept {
  if (value.kind == Kind::kInteger || value.kind == Kind::kReal) {
    return put_number(value.kind, value.bits, to);
  }
  *to.reserve(1) = value.kind;
  to.commit(1);
  const size_t length = envelope::has_bytes(value.kind) ? value.length : 0;
  put_length(length, to);
  to.put(value.data, length);
}

bool is_number(const Value& value) noexcept {
  return value.kind == Kind::kInteger || value.kind == Kind::kReal;
}

void put_key(const envelope::RowKey& key, Sha256& to) noexcept {
  uint8_t* const at = to.reserve(16);
  at[0] = kCanonicalVersion;
  at[1] = key.level;
  envelope::store_u64(at + 2, key.tile << envelope::kCellBits | key.cell);
  envelope::store_u16(at + 10, static_cast<uint16_t>(key.tile >> (64 - envelope::kCellBits)));
  to.commit(12);
}

void put_material(const CanonicalRow& row, Sha256& to) noexcept {
  put_value(row.material, to);
  if (row.material.kind == Kind::kInteger || row.material.kind == Kind::kNull) return;
  Value read;
  read.kind = row.has_material ? Kind::kInteger : Kind::kNull;
  read.bits = static_cast<uint64_t>(int64_t{row.material_id});
  put_value(read, to);
}

void put_extras(const CanonicalRow& row, Sha256& to) noexcept {
  uint64_t present = 0;
  for (const Value& value : row.extras) present += value.kind != Kind::kAbsent ? 1 : 0;
  put_length(present, to);
  if (present == 0) return;
  for (const uint32_t column : row.names->by_name()) {
    if (column >= row.extras.size() || row.extras[column].kind == Kind::kAbsent) continue;
    const std::string& name = row.names->name(column);
    put_length(name.size(), to);
    to.put(reinterpret_cast<const uint8_t*>(name.data()), name.size());
    put_value(row.extras[column], to);
  }
}

}  // namespace

void put_canonical(const CanonicalRow& row, Sha256& to) noexcept {
  put_key(row.key, to);
  put_value(row.id, to);
  for (size_t axis = 0; axis < 3; ++axis) {
    put_value(row.axes[axis], to);
    if (is_number(row.axes[axis])) continue;
    put_number(Kind::kReal, __builtin_bit_cast(uint64_t, row.coordinates[axis]), to);
  }
  put_value(row.level, to);
  put_material(row, to);
  put_value(row.density, to);
  put_value(row.metadata, to);
  put_value(row.created, to);
  put_extras(row, to);
  uint8_t* const at = to.reserve(5);
  at[0] = row.children_mask;
  envelope::store_u32(at + 1, row.homogeneity_bits);
  to.commit(5);
}

}  // namespace octoload::digest
