// docs/digest.md line by line, one byte at a time: the oracle of row digests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "../../native/batch/sink_batch.h"
#include "../../native/digest/row_digest.h"
#include "../../native/digest/sha256.h"
#include "../../native/load/sink_block.h"
#include "envelope_reference.h"
#include "envelope_rows.h"

namespace octoload::test {

// What stands beside a row's envelope.
struct Beside {
  bool has_material = false;
  int32_t material = 0;
  uint8_t mask = 0;
  float homogeneity = 1;
};

inline void append_canonical(Bytes& out, const TestValue& value) {
  out.push_back(value.kind);
  if (value.kind == envelope::kInteger || value.kind == envelope::kReal) {
    out.push_back(8);
    return append_low(out, value.bits, 8);
  }
  append_varint(out, has_bytes(value) ? value.bytes.size() : 0);
  if (has_bytes(value)) out.insert(out.end(), value.bytes.begin(), value.bytes.end());
}

inline void append_axis(Bytes& out, const TestRow& row, size_t axis) {
  const double coordinate = __builtin_bit_cast(double, row.xyz[axis]);
  const TestValue real = {envelope::kReal, row.xyz[axis], {}};
  const TestValue& original = row.originals[axis];
  if (original.kind == envelope::kReal) return append_canonical(out, real);
  if (original.kind == envelope::kInteger) {
    return append_canonical(out, TestValue::integer(static_cast<int64_t>(coordinate)));
  }
  append_canonical(out, original);
  append_canonical(out, real);
}

inline void append_material(Bytes& out, const TestRow& row, const Beside& beside) {
  const TestValue read =
      beside.has_material ? TestValue::integer(beside.material) : TestValue::null();
  const TestValue& original = row.originals[envelope::kMaterial];
  if (original.kind != envelope::kInteger) append_canonical(out, original);
  append_canonical(out, read);
}

inline void append_extras(Bytes& out, const TestRow& row, const std::vector<std::string>& names) {
  std::vector<std::pair<std::string, TestValue>> present;
  for (size_t k = 0; k < row.extras.size(); ++k) {
    if (row.extras[k].kind != envelope::kAbsent) present.emplace_back(names[k], row.extras[k]);
  }
  std::sort(present.begin(), present.end(), [](const auto& a, const auto& b) {
    return std::lexicographical_compare(
        a.first.begin(), a.first.end(), b.first.begin(), b.first.end(), [](char x, char y) {
          return static_cast<unsigned char>(x) < static_cast<unsigned char>(y);
        });
  });
  append_varint(out, present.size());
  for (const auto& [name, value] : present) {
    append_varint(out, name.size());
    out.insert(out.end(), name.begin(), name.end());
    append_canonical(out, value);
  }
}

inline Bytes canonical_bytes(const TestRow& row, const Beside& beside,
                             const std::vector<std::string>& names) {
  Bytes out = {1, row.level};
  // The code's 80 low bits, bit by bit.
  for (unsigned byte = 0; byte < 10; ++byte) {
    unsigned value = 0;
    for (unsigned bit = 8 * byte; bit < 8 * byte + 8; ++bit) {
      const bool is_set =
          bit < 15 ? (row.cell >> bit & 1) != 0 : bit < 79 && (row.tile >> (bit - 15) & 1) != 0;
      if (is_set) value |= 1u << (bit % 8);
    }
    out.push_back(static_cast<uint8_t>(value));
  }
  append_canonical(out, row.id);
  for (size_t axis = 0; axis < 3; ++axis) append_axis(out, row, axis);
  const TestValue& level = row.originals[envelope::kLevel];
  append_canonical(out, level.kind == envelope::kInteger ? TestValue::integer(row.level) : level);
  append_material(out, row, beside);
  for (const TestValue* value : {&row.density, &row.metadata, &row.created}) {
    append_canonical(out, *value);
  }
  append_extras(out, row, names);
  out.push_back(beside.mask);
  append_low(out, __builtin_bit_cast(uint32_t, beside.homogeneity), 4);
  return out;
}

// Pads by hand, and hashes with the scalar blocks alone.
inline digest::Number256 plain_sha256(Bytes message) {
  const uint64_t bits = 8 * uint64_t{message.size()};
  message.push_back(0x80);
  while (message.size() % 64 != 56) message.push_back(0);
  for (unsigned shift = 64; shift > 0; shift -= 8) {
    message.push_back(static_cast<uint8_t>(bits >> (shift - 8)));
  }
  digest::ShaState state = digest::kShaInitial;
  digest::sha_blocks_scalar(state.data(), message.data(), message.size() / 64);
  return digest::Number256::of(state);
}

// A sink batch of rows whose envelopes were encoded.
inline std::vector<uint64_t> sink_block(const std::vector<TestRow>& rows,
                                        const std::vector<Beside>& besides,
                                        const Encoded& encoded) {
  const batch::SinkLayout at(rows.size());
  std::vector<uint64_t> block((at.bytes + encoded.bytes.size() + 7) / 8);
  load::SinkBlock to({reinterpret_cast<uint8_t*>(block.data()), block.size() * 8}, rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    load::SinkRow row;
    row.key = {rows[i].tile, rows[i].cell, rows[i].level};
    row.material = besides[i].has_material ? besides[i].material : 0;
    row.no_material = besides[i].has_material ? 0 : 1;
    row.children_mask = besides[i].mask;
    row.homogeneity = besides[i].homogeneity;
    const auto begin = encoded.offsets[i], end = encoded.offsets[i + 1];
    row.envelope = std::span(encoded.bytes).subspan(begin, end - begin);
    to.add(row);
  }
  to.finish();
  return block;
}

}  // namespace octoload::test
