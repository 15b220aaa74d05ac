// Payloads of the two sorts in a sink's order: a row, and what was derived for
// a cell. Packed little-endian; both name the row by file and rowid, because
// several rows can have one key and only one of them won it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace octoload::load {

// Before the envelope.
struct RowHead {
  int64_t rowid;
  int64_t last_modified;  // ms since 1970
  uint32_t file;
  int32_t material;  // 0 when NULL
  uint8_t no_material;
};
inline constexpr size_t kRowHeadBytes = 25;

struct DerivedRecord {
  int64_t rowid;
  uint32_t file;
  float homogeneity;
  uint8_t children_mask;
};
inline constexpr size_t kDerivedBytes = 17;

// Fields lie one after the other as declared; the last byte is the last field.
static_assert(offsetof(RowHead, no_material) == kRowHeadBytes - 1);
static_assert(offsetof(DerivedRecord, children_mask) == kDerivedBytes - 1);

inline void pack(const RowHead& head, uint8_t* to) noexcept {
  std::memcpy(to, &head, kRowHeadBytes);
}
inline void pack(const DerivedRecord& record, uint8_t* to) noexcept {
  std::memcpy(to, &record, kDerivedBytes);
}
inline RowHead unpack_row_head(const uint8_t* from) noexcept {
  RowHead head{};
  std::memcpy(&head, from, kRowHeadBytes);
  return head;
}
inline DerivedRecord unpack_derived(const uint8_t* from) noexcept {
  DerivedRecord record{};
  std::memcpy(&record, from, kDerivedBytes);
  return record;
}

}  // namespace octoload::load
