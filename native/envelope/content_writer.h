// Writes the parts of an envelope's content that need no more than a row's
// values. The caller has made room: row_limits.h.
#pragma once

#include <cstdint>

#include "bytes.h"
#include "input_rows.h"
#include "layout.h"

namespace octoload::envelope {

// A value as docs/envelope.md's table of kinds writes it.
inline uint8_t* put_value(uint8_t* to, const Value& value) noexcept {
  switch (value.kind) {
    case kInteger:
      return put_varint(to, zigzag(static_cast<int64_t>(value.bits)));
    case kReal:
      store_u64(to, value.bits);
      return to + 8;
    case kText:
    case kBlob:
      to = put_varint(to, value.length);
      copy_bytes(to, value.data, value.length);
      return to + value.length;
    default:
      return to;
  }
}

// Everything from `kinds` to the residuals; sets the flags it needs.
inline uint8_t* put_fixed(uint8_t* content, const InputRow& values, uint8_t* flags) noexcept {
  const uint64_t id = values.id.kind == kInteger ? zigzag(static_cast<int64_t>(values.id.bits)) : 0;
  const uint64_t density = values.density.kind == kReal ? values.density.bits : 0;
  const unsigned id_width = low_width(id);
  const unsigned density_width = high_width(density);
  content[0] = static_cast<uint8_t>(values.created.kind | values.metadata.kind << 4);
  content[1] = static_cast<uint8_t>(id_width | density_width << 4);
  uint8_t* to = content + 2;
  if (values.classes != kUsualClasses) {
    *flags |= kFlagClasses;
    store_u32(to, values.classes);
    to += 4;
  }
  const auto& [x, y, z] = values.residuals;
  const unsigned widths[3] = {low_width(x), low_width(y), low_width(z)};
  const bool residual = (x | y | z) != 0;
  if (residual) {
    *flags |= kFlagResidual;
    store_u16(to, static_cast<uint16_t>(widths[0] | widths[1] << 4 | widths[2] << 8));
    to += 2;
  }
  to = put_low_bytes(to, id, id_width);
  to = put_high_bytes(to, density, density_width);
  if (!residual) return to;
  to = put_low_bytes(to, x, widths[0]);
  to = put_low_bytes(to, y, widths[1]);
  return put_low_bytes(to, z, widths[2]);
}

}  // namespace octoload::envelope
