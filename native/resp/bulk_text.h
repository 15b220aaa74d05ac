// The pieces of a RESP command: an array of bulk strings.
//
//   *3\r\n $5\r\nFCALL\r\n …     count, then each string's length and bytes
//
// As in number_text.h, up to kTextSlack bytes beyond a piece may be written.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "float_text.h"
#include "number_text.h"

namespace octoload::resp {

// Bytes of a piece, at most.
inline constexpr size_t kMaxLineBytes = 1 + 10 + 2;  // of a count or a length of 32 bits
constexpr uint64_t bulk_bytes(uint64_t text) noexcept { return kMaxLineBytes + text + 2; }
inline constexpr uint64_t kMaxInt64Bulk = bulk_bytes(20);
inline constexpr uint64_t kMaxInt32Bulk = bulk_bytes(11);
inline constexpr uint64_t kMaxFloatBulk = bulk_bytes(kMaxFloatText);
inline constexpr uint64_t kMaxByteBulk = bulk_bytes(3);

inline uint8_t* put_bytes(uint8_t* to, std::span<const uint8_t> bytes) noexcept {
  // memcpy takes no null pointer, not even for nothing.
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}
inline uint8_t* put_text(uint8_t* to, std::string_view text) noexcept {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}
inline uint8_t* put_line_end(uint8_t* to) noexcept { return put_text(to, "\r\n"); }

inline uint8_t* put_line(uint8_t* to, char type, uint64_t number) noexcept {
  *to = static_cast<uint8_t>(type);
  return put_line_end(put_number(to + 1, number));
}

namespace detail {

struct Head {
  uint8_t bytes[7];
  uint8_t length;
};

// $0\r\n to $99\r\n.
inline constexpr std::array<Head, 100> kBulkHeads = [] {
  std::array<Head, 100> heads{};
  for (size_t i = 0; i < heads.size(); ++i) {
    Head& head = heads[i];
    const auto put = [&](size_t byte) { head.bytes[head.length++] = static_cast<uint8_t>(byte); };
    put('$');
    if (i >= 10) put('0' + i / 10);
    put('0' + i % 10);
    put('\r');
    put('\n');
  }
  return heads;
}();

}  // namespace detail

// What stands before a bulk string's bytes.
inline uint8_t* put_bulk_head(uint8_t* to, size_t length) noexcept {
  if (length >= detail::kBulkHeads.size()) return put_line(to, '$', length);
  const detail::Head& head = detail::kBulkHeads[length];
  std::memcpy(to, head.bytes, sizeof head.bytes);
  return to + head.length;
}

inline uint8_t* put_bulk(uint8_t* to, std::span<const uint8_t> bytes) noexcept {
  return put_line_end(put_bytes(put_bulk_head(to, bytes.size()), bytes));
}

inline uint8_t* put_bulk_text(uint8_t* to, std::string_view text) noexcept {
  return put_line_end(put_text(put_bulk_head(to, text.size()), text));
}

inline uint8_t* put_bulk_unsigned(uint8_t* to, uint64_t number) noexcept {
  return put_line_end(put_number(put_bulk_head(to, digits_of(number)), number));
}

inline uint8_t* put_bulk_number(uint8_t* to, int64_t number) noexcept {
  if (number >= 0) return put_bulk_unsigned(to, static_cast<uint64_t>(number));
  const uint64_t size = 0 - static_cast<uint64_t>(number);
  to = put_bulk_head(to, 1 + digits_of(size));
  *to = '-';
  return put_line_end(put_number(to + 1, size));
}

inline uint8_t* put_bulk_float(uint8_t* to, float number) noexcept {
  uint8_t text[kMaxFloatText];
  const auto length = static_cast<size_t>(put_float(text, number) - text);
  return put_bulk(to, {text, length});
}

}  // namespace octoload::resp
