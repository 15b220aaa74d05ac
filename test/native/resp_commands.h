// A dull encoder of the hot cache's commands: strings, one row after another,
// every number in the standard library's way.
#pragma once

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "../../native/resp/entries.h"
#include "cql_rows.h"

namespace octoload::test {

__extension__ using Wide128 = unsigned __int128;

inline std::string decimal(Wide128 number) {
  std::string text;
  do {
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(number % 10)));
    number /= 10;
  } while (number != 0);
  return text;
}

// ECMA-262, Number::toString, from the digits that the library finds shortest.
inline std::string float_text(float value) {
  if (std::isnan(value)) return "NaN";
  if (std::signbit(value)) return "-" + float_text(-value);
  if (std::isinf(value)) return "Infinity";
  if (value == 0) return "0";
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string text(buffer, end);
  const size_t e = text.find('e');
  const int exponent = std::stoi(text.substr(e + 1));
  std::string digits = text.substr(0, e);
  digits.erase(std::remove(digits.begin(), digits.end(), '.'), digits.end());
  const int k = static_cast<int>(digits.size()), n = exponent + 1;
  if (k <= n && n <= 21) return digits + std::string(static_cast<size_t>(n - k), '0');
  if (0 < n && n <= 21) return digits.insert(static_cast<size_t>(n), ".");
  if (-6 < n && n <= 0) return "0." + std::string(static_cast<size_t>(-n), '0') + digits;
  const std::string power = (n > 0 ? "e+" : "e-") + std::to_string(n > 0 ? n - 1 : 1 - n);
  return k == 1 ? digits + power : digits.insert(1, ".") + power;
}

// Bit by bit, as the polynomial is divided.
inline uint16_t crc16_of(std::string_view text) {
  uint32_t rest = 0;
  for (const char c : text) {
    for (int bit = 7; bit >= 0; --bit) {
      const uint32_t in = static_cast<uint8_t>(c) >> bit & 1;
      const bool overflows = (rest >> 15 & 1) != in;
      rest = (rest << 1 & 0xffff) ^ (overflows ? 0x1021 : 0);
    }
  }
  return static_cast<uint16_t>(rest);
}

inline uint16_t slot_text(const std::string& key) {
  const size_t open = key.find('{');
  if (open == std::string::npos) return crc16_of(key) % 16384;
  const size_t close = key.find('}', open);
  if (close == std::string::npos || close == open + 1) return crc16_of(key) % 16384;
  return crc16_of(key.substr(open + 1, close - open - 1)) % 16384;
}

inline std::string string_of(std::span<const uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

inline std::string key_of(const CqlRow& row, const resp::EntryOptions& options) {
  return string_of(options.prefix) + std::to_string(row.level) + ":" +
         decimal(Wide128{row.tile} * 32768 + row.cell);
}

inline std::string command(const std::vector<std::string>& parts) {
  std::string text = "*" + std::to_string(parts.size()) + "\r\n";
  for (const std::string& part : parts) {
    text += "$" + std::to_string(part.size()) + "\r\n" + part + "\r\n";
  }
  return text;
}

// The commands of some rows that share one, or of a single row in kPlain.
inline std::vector<std::string> commands_of(const CqlRows& rows,
                                            const resp::EntryOptions& options) {
  const std::string ttl = std::to_string(options.ttl_s), wts = std::to_string(options.wts_us);
  if (options.form == resp::Form::kPlain) {
    const CqlRow& row = rows[0];
    const std::string key = key_of(row, options);
    std::vector<std::string> set = {"HSET",          key,
                                    "homogeneity",   float_text(row.homogeneity),
                                    "children_mask", std::to_string(row.mask),
                                    "last_modified", std::to_string(row.last_modified),
                                    "wts",           wts};
    if (!row.no_material) {
      set.insert(set.end(), {"material_id", std::to_string(row.material)});
      return {command(set), command({"EXPIRE", key, ttl})};
    }
    return {command(set), command({"HDEL", key, "material_id"}), command({"EXPIRE", key, ttl})};
  }
  std::vector<std::string> parts = {options.form == resp::Form::kFunction ? "FCALL" : "EVALSHA",
                                    string_of(options.name), std::to_string(rows.size())};
  for (const CqlRow& row : rows) parts.push_back(key_of(row, options));
  parts.insert(parts.end(), {wts, ttl});
  for (const CqlRow& row : rows) {
    parts.insert(parts.end(),
                 {std::to_string(row.last_modified), float_text(row.homogeneity),
                  std::to_string(row.mask), row.no_material ? "" : std::to_string(row.material)});
  }
  return {command(parts)};
}

}  // namespace octoload::test
