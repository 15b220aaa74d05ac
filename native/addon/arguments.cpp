#include "arguments.h"

#include <cmath>
#include <cstdio>

#include "backing_store_pin.h"

namespace octoload::addon {
namespace {

struct ArrayInfo {
  napi_typedarray_type type = napi_int8_array;
  size_t length = 0;
  void* data = nullptr;
};

bool array_info(napi_env env, napi_value value, ArrayInfo* info) {
  bool is_array = false;
  if (napi_is_typedarray(env, value, &is_array) != napi_ok || !is_array) return false;
  return napi_get_typedarray_info(env, value, &info->type, &info->length, &info->data, nullptr,
                                  nullptr) == napi_ok;
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

uint32_t Arguments::number(uint32_t max) {
  double value = -1;
  if (napi_get_value_double(info_.Env(), next(), &value) != napi_ok || !(value >= 0) ||
      !(value <= max) || value != std::floor(value)) {
    refuse("an unsigned integer within its range");
    return 0;
  }
  return static_cast<uint32_t>(value);
}

template <class T>
std::span<T> Arguments::view(Napi::Value value, napi_typedarray_type type) {
  ArrayInfo info;
  if (!ok_ || !array_info(info_.Env(), value, &info) || info.type != type) {
    refuse("a typed array of another element type");
    return {};
  }
  if (pinning_) pins_.push_back(pin_backing_store(value));
  return {static_cast<T*>(info.data), info.length};
}

template std::span<double> Arguments::view(Napi::Value, napi_typedarray_type);
template std::span<uint8_t> Arguments::view(Napi::Value, napi_typedarray_type);
template std::span<uint16_t> Arguments::view(Napi::Value, napi_typedarray_type);
template std::span<uint32_t> Arguments::view(Napi::Value, napi_typedarray_type);

std::span<uint64_t> Arguments::words_of(Napi::Value value) {
  ArrayInfo info;
  if (!ok_ || !array_info(info_.Env(), value, &info) ||
      (info.type != napi_biguint64_array && info.type != napi_bigint64_array &&
       info.type != napi_float64_array)) {
    refuse("a typed array of eight-byte elements");
    return {};
  }
  if (pinning_) pins_.push_back(pin_backing_store(value));
  return {static_cast<uint64_t*>(info.data), info.length};
}

std::span<uint16_t> Arguments::halves_or_null(size_t length) {
  const Napi::Value value = next();
  if (value.IsNull()) return {};
  return sized(view<uint16_t>(value, napi_uint16_array), length);
}

std::span<uint64_t> Arguments::slots_or_null(size_t length) {
  const Napi::Value value = next();
  if (value.IsNull()) return {};
  return sized(words_of(value), length);
}

morton::Levels Arguments::levels(size_t length) {
  const Napi::Value value = next();
  if (value.IsNumber()) {
    --index_;
    return {nullptr, static_cast<uint8_t>(number(kMaxLevel))};
  }
  return {sized(view<uint8_t>(value, napi_uint8_array), length).data(), 0};
}

envelope::ValueColumn Arguments::column_of(Napi::Value kinds, Napi::Value slots, size_t length,
                                           bool numbers_have_slots) {
  envelope::ValueColumn column;
  if (kinds.IsNumber()) {
    column.kind = static_cast<uint8_t>(kinds.As<Napi::Number>().Uint32Value());
    if (column.kind > envelope::kNull) refuse("a storage class from 0 to 5");
  } else {
    column.kinds = sized(view<uint8_t>(kinds, napi_uint8_array), length).data();
  }
  if (!slots.IsNull()) column.slots = sized(words_of(slots), length).data();
  const bool is_number = column.kind == envelope::kInteger || column.kind == envelope::kReal;
  const bool valueless = column.kind == envelope::kAbsent || column.kind == envelope::kNull ||
                         (is_number && !numbers_have_slots);
  const bool needs_slots = length != 0 && (column.kinds != nullptr || !valueless);
  if (needs_slots && column.slots == nullptr) refuse("slots for a column of values");
  return column;
}

envelope::MutableValueColumn Arguments::mutable_column_of(Napi::Value kinds, Napi::Value slots,
                                                          size_t length) {
  return {sized(view<uint8_t>(kinds, napi_uint8_array), length).data(),
          sized(words_of(slots), length).data()};
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
  keys.tiles = words(length).data();
  keys.cells = halves_or_null(length).data();
  const morton::Levels level = levels(length);
  keys.levels = level.each;
  keys.level = level.all;
  return keys;
}

Frame Arguments::frame() {
  const std::span<double> six = doubles(6);
  if (!ok_) return {};
  return {{six[0], six[1], six[2]}, {six[3], six[4], six[5]}};
}

size_t Arguments::peek_length() const {
  ArrayInfo info;
  return array_info(info_.Env(), info_[index_], &info) ? info.length : 0;
}

}  // namespace octoload::addon
