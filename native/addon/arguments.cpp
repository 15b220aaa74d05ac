#include "arguments.h"

#include <cmath>
#include <cstdio>

#include "handle.h"

namespace octoload::addon {
namespace {

const char* expected_instead_of(ArrayFault fault) {
  switch (fault) {
    case ArrayFault::kShared:
      return "an array on an ArrayBuffer, not a shared one";
    case ArrayFault::kResizable:
      return "an array of fixed length";
    case ArrayFault::kDetached:
      return "an array whose buffer is not detached";
    default:
      return "a typed array of another element type";
  }
}

}  // namespace

void Arguments::refuse(const char* expected) {
  if (!ok_) return;
  ok_ = false;
  char message[160];
  std::snprintf(message, sizeof message, "native argument %zu: expected %s", index_, expected);
  Napi::TypeError::New(info_.Env(), message).ThrowAsJavaScriptException();
}

Napi::Value Arguments::next() { return info_[index_++]; }

bool Arguments::flag() {
  const Napi::Value value = next();
  if (!value.IsBoolean()) refuse("a boolean");
  return ok_ && value.As<Napi::Boolean>().Value();
}

uint32_t Arguments::number(uint32_t max) { return static_cast<uint32_t>(whole_number(max)); }

uint64_t Arguments::count() { return whole_number((uint64_t{1} << 53) - 1); }

uint64_t Arguments::whole_number(uint64_t max) {
  double value = -1;
  if (napi_get_value_double(info_.Env(), next(), &value) != napi_ok || !(value >= 0) ||
      !(value <= static_cast<double>(max)) || value != std::floor(value)) {
    refuse("an unsigned integer within its range");
    return 0;
  }
  return static_cast<uint64_t>(value);
}

std::string Arguments::text() {
  const Napi::Value value = next();
  if (value.IsString()) return value.As<Napi::String>().Utf8Value();
  refuse("a string");
  return {};
}

ArrayView Arguments::checked_view(napi_value value, ElementType type) {
  if (!ok_) return {};
  const ArrayView array = view_of(value, type);
  if (array.fault != ArrayFault::kNone) {
    refuse(expected_instead_of(array.fault));
    return {};
  }
  if (pinning_) pins_.push_back(pin_of(value));
  remember(array);
  return array;
}

void Arguments::remember(const ArrayView& array) {
  if (array.bytes == 0) return;
  if (outputs_) {
    for (const std::span<char> other : memory_) {
      if (array.data < other.data() + other.size() && other.data() < array.data + array.bytes) {
        refuse("memory that no other argument uses");
      }
    }
  }
  memory_.emplace_back(array.data, array.bytes);
}

std::span<const uint8_t> Arguments::aligned_block() {
  const std::span<uint8_t> bytes = block();
  const bool is_aligned = reinterpret_cast<uintptr_t>(bytes.data()) % sizeof(uint64_t) == 0;
  if (!is_aligned) refuse("a block that begins at a multiple of 8 bytes");
  return ok_ ? bytes : std::span<uint8_t>();
}

std::span<uint16_t> Arguments::halves_or_null(size_t length) {
  const Napi::Value value = next();
  if (value.IsNull()) return {};
  return sized(view<uint16_t>(value, ElementType::kHalf), length);
}

std::span<uint64_t> Arguments::slots_or_null(size_t length) {
  const Napi::Value value = next();
  if (value.IsNull()) return {};
  return sized(view<uint64_t>(value, ElementType::kWord), length);
}

morton::Levels Arguments::levels(size_t length) {
  const Napi::Value value = next();
  if (value.IsNumber()) {
    --index_;
    return {nullptr, static_cast<uint8_t>(number(kMaxLevel))};
  }
  return {sized(view<uint8_t>(value, ElementType::kByte), length).data(), 0};
}

envelope::ValueColumn Arguments::column_of(Napi::Value kinds, Napi::Value slots, size_t length,
                                           bool numbers_have_slots) {
  envelope::ValueColumn column;
  if (kinds.IsNumber()) {
    column.kind = static_cast<uint8_t>(kinds.As<Napi::Number>().Uint32Value());
    if (column.kind > envelope::kNull) refuse("a storage class from 0 to 5");
  } else {
    column.kinds = sized(view<uint8_t>(kinds, ElementType::kByte), length).data();
  }
  if (!slots.IsNull())
    column.slots = sized(view<uint64_t>(slots, ElementType::kWord), length).data();
  const bool is_number = column.kind == envelope::kInteger || column.kind == envelope::kReal;
  const bool valueless = column.kind == envelope::kAbsent || column.kind == envelope::kNull ||
                         (is_number && !numbers_have_slots);
  const bool needs_slots = length != 0 && (column.kinds != nullptr || !valueless);
  if (needs_slots && column.slots == nullptr) refuse("slots for a column of values");
  return column;
}

envelope::MutableValueColumn Arguments::mutable_column_of(Napi::Value kinds, Napi::Value slots,
                                                          size_t length) {
  return {sized(view<uint8_t>(kinds, ElementType::kByte), length).data(),
          sized(view<uint64_t>(slots, ElementType::kWord), length).data()};
}

envelope::ValueColumn Arguments::column(size_t length) {
  const Napi::Value kinds = next();
  return column_of(kinds, next(), length);
}

envelope::ValueColumn Arguments::original(size_t length) {
  const Napi::Value kinds = next();
  return column_of(kinds, next(), length, false);
}

envelope::MutableValueColumn Arguments::mutable_column(size_t length) {
  const Napi::Value kinds = next();
  return mutable_column_of(kinds, next(), length);
}

std::vector<std::pair<Napi::Value, Napi::Value>> Arguments::pairs() {
  std::vector<std::pair<Napi::Value, Napi::Value>> found;
  const Napi::Value value = next();
  if (!value.IsArray() || value.As<Napi::Array>().Length() % 2 != 0) {
    refuse("an array of kinds and slots in turn");
    return found;
  }
  const Napi::Array array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i += 2) found.emplace_back(array[i], array[i + 1]);
  return found;
}

std::vector<envelope::ValueColumn> Arguments::columns(size_t length) {
  std::vector<envelope::ValueColumn> list;
  for (const auto& [kinds, slots] : pairs()) list.push_back(column_of(kinds, slots, length));
  return list;
}

std::vector<envelope::MutableValueColumn> Arguments::mutable_columns(size_t length) {
  std::vector<envelope::MutableValueColumn> list;
  for (const auto& [kinds, slots] : pairs()) {
    list.push_back(mutable_column_of(kinds, slots, length));
  }
  return list;
}

envelope::RowKeys Arguments::keys(size_t length) {
  envelope::RowKeys keys;
  keys.tiles = codes(length).data();
  keys.cells = halves_or_null(length).data();
  const morton::Levels level = levels(length);
  keys.levels = level.each;
  keys.level = level.all;
  return keys;
}

Frame Arguments::frame() {
  const Frame* const frame = FrameHandle::content_of(next());
  if (frame == nullptr) refuse("a frame's handle");
  return frame != nullptr ? *frame : Frame{};
}

size_t Arguments::peek_length() const { return length_of(info_[index_]); }

}  // namespace octoload::addon
