#include "key_record.h"

#include "../envelope/reader.h"

namespace octoload::derive {
namespace {

using envelope::kBlob;
using envelope::kInteger;
using envelope::kNull;
using envelope::kReal;
using envelope::kText;
using envelope::low_width;
using envelope::unzigzag;
using envelope::zigzag;

constexpr unsigned kMaterialFlag = 1;
constexpr unsigned kCreatedFlag = 2;
constexpr unsigned kIdShift = 2;
constexpr unsigned kKindMask = 7;
constexpr unsigned kLoadableFlag = 1u << 5;
constexpr unsigned kKnownFlags =
    kMaterialFlag | kCreatedFlag | kKindMask << kIdShift | kLoadableFlag;
constexpr size_t kHeadBytes = 3;
constexpr size_t kCreatedBytes = 8;

constexpr bool has_bytes(unsigned kind) noexcept { return kind == kText || kind == kBlob; }

// The numbers of a record as they are stored, with their widths.
struct Numbers {
  uint64_t material, file, rowid, id;
  unsigned material_width, file_width, rowid_width, id_width;

  explicit Numbers(const KeyRecord& record) noexcept
      : material(record.has_material ? zigzag(record.material) : 0),
        file(record.file),
        rowid(zigzag(record.rowid)),
        id(0),
        material_width(low_width(material)),
        file_width(low_width(file)),
        rowid_width(low_width(rowid)),
        id_width(0) {
    if (record.id_kind == kInteger) {
      id = zigzag(static_cast<int64_t>(record.id_word));
      id_width = low_width(id);
    } else if (record.id_kind == kReal) {
      id_width = record.id_word == 0 ? 0 : envelope::high_width(record.id_word);
      id = record.id_word >> ((64 - 8 * id_width) & 63);
    }
  }

  size_t width() const noexcept { return material_width + file_width + rowid_width + id_width; }
};

unsigned stored_kind(uint8_t kind) noexcept {
  return kind >= kInteger && kind <= kBlob ? kind : uint8_t{kNull};
}

size_t id_bytes_of(const KeyRecord& record) noexcept {
  return has_bytes(record.id_kind) ? record.id_bytes.size() : 0;
}

uint8_t* put_word(uint8_t* to, uint64_t value, unsigned width) noexcept {
  for (unsigned i = 0; i < width; ++i) to[i] = static_cast<uint8_t>(value >> (8 * i));
  return to + width;
}

// Each number in as few bytes as hold it, and none above its range.
bool is_canonical(const KeyRecord& record, unsigned rowid_widths, unsigned number_widths) noexcept {
  const Numbers numbers(record);
  return rowid_widths == (numbers.rowid_width | numbers.id_width << 4) &&
         number_widths == (numbers.file_width | numbers.material_width << 4);
}

}  // namespace

size_t packed_size(const KeyRecord& record) noexcept {
  return kHeadBytes + (record.has_created ? kCreatedBytes : 0) + Numbers(record).width() +
         id_bytes_of(record);
}

uint8_t* pack(const KeyRecord& record, uint8_t* to) noexcept {
  const Numbers numbers(record);
  *to++ = static_cast<uint8_t>(
      (record.has_material ? kMaterialFlag : 0) | (record.has_created ? kCreatedFlag : 0) |
      (record.is_loadable ? kLoadableFlag : 0) | stored_kind(record.id_kind) << kIdShift);
  *to++ = static_cast<uint8_t>(numbers.rowid_width | numbers.id_width << 4);
  *to++ = static_cast<uint8_t>(numbers.file_width | numbers.material_width << 4);
  if (record.has_created) {
    envelope::store_u64(to, static_cast<uint64_t>(record.created_us));
    to += kCreatedBytes;
  }
  to = put_word(to, numbers.material, numbers.material_width);
  to = put_word(to, numbers.file, numbers.file_width);
  to = put_word(to, numbers.rowid, numbers.rowid_width);
  to = put_word(to, numbers.id, numbers.id_width);
  const size_t size = id_bytes_of(record);
  envelope::copy_bytes(to, record.id_bytes.data(), size);
  return to + size;
}

bool unpack(std::span<const uint8_t> bytes, KeyRecord* record) noexcept {
  const uint8_t* const end = bytes.data() + bytes.size();
  envelope::Reader reader(bytes.data(), end, end);
  const unsigned flags = reader.u8();
  const unsigned rowid_widths = reader.u8();
  const unsigned number_widths = reader.u8();
  const unsigned kind = flags >> kIdShift & kKindMask;
  const unsigned id_width = rowid_widths >> 4;
  const unsigned material_width = number_widths >> 4;
  if ((flags & ~kKnownFlags) != 0 || (rowid_widths & 15) > 8 || id_width > 8 ||
      (number_widths & 15) > 4 || material_width > 4) {
    return false;
  }
  KeyRecord read;
  read.has_material = (flags & kMaterialFlag) != 0;
  read.has_created = (flags & kCreatedFlag) != 0;
  read.is_loadable = (flags & kLoadableFlag) != 0;
  read.id_kind = static_cast<uint8_t>(kind);
  if (read.has_created) read.created_us = static_cast<int64_t>(reader.u64());
  read.material = static_cast<int32_t>(unzigzag(reader.low_bytes(material_width)));
  read.file = static_cast<uint32_t>(reader.low_bytes(number_widths & 15));
  read.rowid = unzigzag(reader.low_bytes(rowid_widths & 15));
  if (kind == kInteger) {
    read.id_word = static_cast<uint64_t>(unzigzag(reader.low_bytes(id_width)));
  } else if (kind == kReal) {
    read.id_word = reader.high_bytes(id_width);
  } else if (has_bytes(kind)) {
    const size_t size = reader.left();
    if (size > envelope::kMaxValueBytes) return false;
    read.id_bytes = {reader.take(size), size};
  } else if (kind != kNull) {
    return false;
  }
  if (reader.fault() != kRowOk || reader.left() != 0) return false;
  if (!is_canonical(read, rowid_widths, number_widths)) return false;
  *record = read;
  return true;
}

}  // namespace octoload::derive
