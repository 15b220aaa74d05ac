// An encoder that follows docs/envelope.md line by line, one byte at a time,
// with a fresh LZ4 state for every row: the oracle.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "../../native/envelope/lz4_api.h"
#include "../../native/envelope/timestamp.h"
#include "envelope_rows.h"

namespace octoload::test {

// The block, or nothing where it would be longer than `capacity`.
inline Bytes reference_block(const Bytes& text, const envelope::Dictionary* dictionary,
                             size_t capacity) {
  const auto stream = std::make_unique<LZ4_stream_t>();
  LZ4_initStream(stream.get(), sizeof *stream);
  Bytes block(static_cast<size_t>(LZ4_compressBound(static_cast<int>(text.size()))));
  const char* from = reinterpret_cast<const char*>(text.data());
  char* to = reinterpret_cast<char*>(block.data());
  const int size = static_cast<int>(text.size());
  int written;
  if (dictionary == nullptr) {
    written =
        LZ4_compress_fast_extState(stream.get(), from, to, size, static_cast<int>(block.size()), 1);
  } else {
    const auto prefix = dictionary->bytes();
    LZ4_loadDict(stream.get(), reinterpret_cast<const char*>(prefix.data()),
                 static_cast<int>(prefix.size()));
    written =
        LZ4_compress_fast_continue(stream.get(), from, to, size, static_cast<int>(block.size()), 1);
  }
  block.resize(static_cast<size_t>(written) <= capacity ? static_cast<size_t>(written) : 0);
  return block;
}

inline void append_low(Bytes& out, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

inline void append_varint(Bytes& out, uint64_t value) {
  for (; value >= 128; value /= 128) out.push_back(static_cast<uint8_t>(value % 128 + 128));
  out.push_back(static_cast<uint8_t>(value));
}

inline uint64_t reference_zigzag(uint64_t bits) {
  const auto value = static_cast<int64_t>(bits);
  return value >= 0 ? 2 * bits : ~(2 * bits);
}

inline void append_value(Bytes& out, const TestValue& value) {
  if (value.kind == envelope::kInteger) append_varint(out, reference_zigzag(value.bits));
  if (value.kind == envelope::kReal) append_low(out, value.bits, 8);
  if (!has_bytes(value)) return;
  append_varint(out, value.bytes.size());
  out.insert(out.end(), value.bytes.begin(), value.bytes.end());
}

inline uint32_t reference_crc(const Bytes& bytes) {
  uint32_t crc = ~0u;
  for (const uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc % 2 != 0 ? 0x82F63B78u : 0);
  }
  return ~crc;
}

inline uint64_t reference_center(const TestRow& row, const Frame& frame, size_t axis) {
  uint64_t index = 0;
  for (unsigned k = 0; k < row.level; ++k) {
    const unsigned bit = 3 * k + static_cast<unsigned>(axis);
    const uint64_t word = bit < 15 ? uint64_t{row.cell} >> bit : row.tile >> (bit - 15);
    index |= (word & 1) << k;
  }
  const double fraction = static_cast<double>(2 * index + 1) / std::pow(2.0, row.level + 1);
  const double scaled = frame.size[axis] * fraction;
  return __builtin_bit_cast(uint64_t, frame.min[axis] + scaled);
}

inline size_t low_bytes_of(uint64_t value) {
  size_t bytes = 0;
  for (; value != 0; value >>= 8) ++bytes;
  return bytes;
}

// The field `classes` as a number.
inline uint32_t reference_classes(const TestRow& row) {
  uint32_t classes = row.id.kind;
  for (unsigned k = 0; k < envelope::kOriginals; ++k) {
    classes |= uint32_t{row.originals[k].kind} << (4 * (k + 1));
  }
  return classes | uint32_t{row.density.kind} << 24;
}

class Reference {
 public:
  Reference(const TestRow& row, const Frame& frame, const envelope::Dictionary* dictionary)
      : row_(row), frame_(frame), dictionary_(dictionary) {}

  Bytes encode() {
    put_content();
    const Bytes block = has_bytes(row_.metadata) ? compress() : Bytes{};
    Bytes out = {1, flags_};
    Bytes lz4_head;
    if (!block.empty()) {
      out[1] |= dictionary_ != nullptr ? 3 : 1;
      if (dictionary_ != nullptr) append_varint(out, dictionary_->number());
      append_varint(out, row_.metadata.bytes.size());
    }
    const uint32_t crc = checksum(out[1]);
    out.insert(out.end(), content_.begin(), content_.end());
    const Bytes& tail = block.empty() ? row_.metadata.bytes : block;
    out.insert(out.end(), tail.begin(), tail.end());
    append_low(out, crc, 4);
    return out;
  }

 private:
  void put_content() {
    Bytes text;
    uint8_t created_kind = row_.created.kind;
    int64_t count = 0;
    if (created_kind == envelope::kText) {
      const auto& bytes = row_.created.bytes;
      const uint8_t kind = envelope::parse_timestamp(bytes.data(), bytes.size(), &count);
      if (kind != 0) created_kind = kind;
    }
    const uint64_t id =
        row_.id.kind == envelope::kInteger ? reference_zigzag(row_.id.bits) : uint64_t{0};
    uint64_t density = row_.density.kind == envelope::kReal ? row_.density.bits : 0;
    size_t density_bytes = density == 0 ? 0 : 8;
    for (; density_bytes > 0 && density % 256 == 0; density /= 256) --density_bytes;
    content_.push_back(static_cast<uint8_t>(created_kind + 16 * row_.metadata.kind));
    content_.push_back(static_cast<uint8_t>(low_bytes_of(id) + 16 * density_bytes));
    const bool unusual = reference_classes(row_) != 0x02112221;
    if (unusual) append_low(content_, reference_classes(row_), 4);
    put_fixed_values(id, density, density_bytes);
    if (unusual) put_class_values();
    if (created_kind >= 6) {
      append_varint(content_, reference_zigzag(static_cast<uint64_t>(count)));
    } else {
      append_value(content_, row_.created);
    }
    if (row_.column_set != 0) put_extension();
    flags_ = static_cast<uint8_t>(flags_ | (unusual ? 8 : 0) | (row_.column_set != 0 ? 16 : 0));
    if (!has_bytes(row_.metadata)) append_value(content_, row_.metadata);
  }

  void put_fixed_values(uint64_t id, uint64_t density, size_t density_bytes) {
    uint64_t residuals[3];
    uint64_t widths = 0;
    for (size_t axis = 0; axis < 3; ++axis) {
      residuals[axis] = row_.xyz[axis] ^ reference_center(row_, frame_, axis);
      widths |= low_bytes_of(residuals[axis]) << (4 * axis);
    }
    if (widths != 0) append_low(content_, widths, 2);
    append_low(content_, id, low_bytes_of(id));
    append_low(content_, density, density_bytes);
    for (const uint64_t residual : residuals)
      append_low(content_, residual, low_bytes_of(residual));
    if (widths != 0) flags_ |= 4;
  }

  void put_class_values() {
    if (row_.id.kind != envelope::kInteger) append_value(content_, row_.id);
    for (const TestValue& original : row_.originals) {
      if (has_bytes(original)) append_value(content_, original);
    }
    if (row_.density.kind != envelope::kReal) append_value(content_, row_.density);
  }

  void put_extension() {
    append_varint(content_, row_.column_set);
    append_varint(content_, row_.extras.size());
    for (size_t k = 0; k < row_.extras.size(); k += 2) {
      const unsigned high = k + 1 < row_.extras.size() ? row_.extras[k + 1].kind : 0u;
      content_.push_back(static_cast<uint8_t>(row_.extras[k].kind + 16 * high));
    }
    for (const TestValue& extra : row_.extras) append_value(content_, extra);
  }

  // Only where the envelope gets shorter by it.
  Bytes compress() const {
    const Bytes& text = row_.metadata.bytes;
    Bytes head;
    if (dictionary_ != nullptr) append_varint(head, dictionary_->number());
    append_varint(head, text.size());
    if (text.size() <= head.size()) return {};
    return reference_block(text, dictionary_, text.size() - head.size() - 1);
  }

  uint32_t checksum(uint8_t flags) const {
    Bytes all = {1, flags};
    append_low(all, (flags & 2) != 0 ? dictionary_->number() : 0, 4);
    all.insert(all.end(), content_.begin(), content_.end());
    all.insert(all.end(), row_.metadata.bytes.begin(), row_.metadata.bytes.end());
    for (const double value : frame_.min) append_low(all, __builtin_bit_cast(uint64_t, value), 8);
    for (const double value : frame_.size) append_low(all, __builtin_bit_cast(uint64_t, value), 8);
    append_low(all, row_.level, 1);
    append_low(all, row_.tile, 8);
    append_low(all, row_.cell, 2);
    return reference_crc(all);
  }

  const TestRow& row_;
  const Frame& frame_;
  const envelope::Dictionary* dictionary_;
  uint8_t flags_ = 0;
  Bytes content_;
};

}  // namespace octoload::test
