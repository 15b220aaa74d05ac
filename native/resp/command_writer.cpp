#include "command_writer.h"

#include "bulk_text.h"

namespace octoload::resp {
namespace {

// ARGUMENTS before the keys' own, and those of one key.
constexpr uint32_t kSharedArguments = 2;
constexpr uint32_t kKeyArguments = 4;

constexpr std::string_view kMaterial = "material_id";
constexpr std::string_view kFixedFields[] = {"homogeneity", "children_mask", "last_modified",
                                             "wts"};

// Of any level, tile and cell, not only of those that are codes: the block may
// change after it was looked at.
constexpr uint64_t key_bytes(const EntryOptions& options) noexcept {
  constexpr uint64_t kMaxLevelDigits = 3;
  return bulk_bytes(options.prefix.size() + kMaxLevelDigits + 1 + kMaxCodeDigits);
}

constexpr uint64_t kValueBytes = kMaxInt64Bulk + kMaxFloatBulk + kMaxByteBulk + kMaxInt32Bulk;

uint64_t call_head_bytes(const EntryOptions& options) noexcept {
  return kMaxLineBytes + bulk_bytes(7) + bulk_bytes(options.name.size()) + bulk_bytes(10) +
         2 * kMaxInt64Bulk;
}

uint64_t plain_bytes(const EntryOptions& options) noexcept {
  uint64_t names = 2 * bulk_bytes(kMaterial.size());
  for (const std::string_view name : kFixedFields) names += bulk_bytes(name.size());
  constexpr uint64_t kCommands = kMaxPlainCommands * (kMaxLineBytes + bulk_bytes(6));
  return kCommands + kMaxPlainCommands * key_bytes(options) + names + kValueBytes +
         2 * kMaxInt64Bulk;
}

// How many strings a command has, and its name.
uint8_t* put_command(uint8_t* to, uint32_t strings, std::string_view name) noexcept {
  return put_bulk_text(put_line(to, '*', strings), name);
}

}  // namespace

uint64_t CommandWriter::room_for(const EntryOptions& options, uint64_t entries,
                                 uint64_t commands) noexcept {
  if (options.form == Form::kPlain) return entries * plain_bytes(options) + kTextSlack;
  return commands * call_head_bytes(options) + entries * (key_bytes(options) + kValueBytes) +
         kTextSlack;
}

CommandWriter::CommandWriter(const batch::SinkBatch& batch, const EntryOptions& options) noexcept
    : batch_(batch), options_(options) {
  wts_.length = static_cast<size_t>(put_bulk_number(wts_.bytes, options.wts_us) - wts_.bytes);
  ttl_.length = static_cast<size_t>(put_bulk_unsigned(ttl_.bytes, options.ttl_s) - ttl_.bytes);
}

void CommandWriter::make_head(uint32_t keys) noexcept {
  const uint32_t strings = 3 + keys + kSharedArguments + kKeyArguments * keys;
  const bool is_function = options_.form == Form::kFunction;
  uint8_t* to = put_command(head_.bytes, strings, is_function ? "FCALL" : "EVALSHA");
  to = put_bulk_unsigned(put_bulk(to, options_.name), keys);
  head_.length = static_cast<size_t>(to - head_.bytes);
  head_keys_ = keys;
}

uint8_t* CommandWriter::put_key(size_t row, uint8_t* to) const noexcept {
  const CodeText code(batch_.tiles[row], batch_.cells[row]);
  const uint8_t level = batch_.levels[row];
  to = put_bulk_head(to, options_.prefix.size() + digits_of(level) + 1 + code.digits());
  to = put_number(put_bytes(to, options_.prefix), level);
  *to = ':';
  return put_line_end(code.put(to + 1));
}

uint8_t* CommandWriter::write_call(std::span<const uint32_t> rows, uint8_t* to) noexcept {
  const auto keys = static_cast<uint32_t>(rows.size());
  if (keys != head_keys_) make_head(keys);
  to = put_bytes(to, head_.view());
  for (const uint32_t row : rows) to = put_key(row, to);
  to = put_bytes(put_bytes(to, wts_.view()), ttl_.view());
  for (const uint32_t row : rows) {
    to = put_bulk_number(to, batch_.last_modified[row]);
    to = put_bulk_float(to, batch_.homogeneities[row]);
    to = put_bulk_unsigned(to, batch_.masks[row]);
    to = batch_.no_materials[row] != 0 ? put_bulk_text(to, "")
                                       : put_bulk_number(to, batch_.materials[row]);
  }
  return to;
}

size_t CommandWriter::write_plain(size_t row, uint8_t* to,
                                  uint8_t* (&begins)[kMaxPlainCommands + 1]) const noexcept {
  const bool no_material = batch_.no_materials[row] != 0;
  const auto [homogeneity, mask, modified, wts] = kFixedFields;
  size_t commands = 0;
  begins[commands++] = to;
  uint8_t* const key = put_command(to, no_material ? 10 : 12, "HSET");
  to = put_key(row, key);
  const std::span<const uint8_t> key_text(key, static_cast<size_t>(to - key));
  to = put_bulk_float(put_bulk_text(to, homogeneity), batch_.homogeneities[row]);
  to = put_bulk_unsigned(put_bulk_text(to, mask), batch_.masks[row]);
  to = put_bulk_number(put_bulk_text(to, modified), batch_.last_modified[row]);
  to = put_bytes(put_bulk_text(to, wts), wts_.view());
  if (no_material) {
    begins[commands++] = to;
    to = put_bytes(put_command(to, 3, "HDEL"), key_text);
    to = put_bulk_text(to, kMaterial);
  } else {
    to = put_bulk_number(put_bulk_text(to, kMaterial), batch_.materials[row]);
  }
  begins[commands++] = to;
  to = put_bytes(put_bytes(put_command(to, 3, "EXPIRE"), key_text), ttl_.view());
  begins[commands] = to;
  return commands;
}

}  // namespace octoload::resp
