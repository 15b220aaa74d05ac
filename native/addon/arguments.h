// Reads a call's arguments one after another, and checks what C++ relies on.
//
// The TypeScript face has already refused wrong arguments with a message for
// people. What is checked again here is the border's own safety: a typed array
// of the right element type and length, or an exception and no access.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../common/frame.h"
#include "../envelope/envelope.h"
#include "../morton/kernel.h"
#include "typed_array.h"

namespace octoload::addon {

class Arguments {
 public:
  // `pins`: keep the arrays' memory alive until this object's pins are dropped
  // (for calls that outlive the JavaScript frame).
  Arguments(const Napi::CallbackInfo& info, bool pins) : info_(info), pinning_(pins) {
    memory_.reserve(16);
  }

  // Once an argument was wrong every later read gives an empty value; the
  // caller checks ok() at the end and returns, the exception pending.
  bool ok() const { return ok_; }
  std::vector<std::shared_ptr<void>> take_pins() { return std::move(pins_); }

  // The arrays read from here on are written to: none may share memory with
  // another array of the call. Inputs come first in every call.
  void outputs_follow() { outputs_ = true; }

  Napi::Value next();
  bool flag();
  uint32_t number(uint32_t max);
  // A whole number up to 2^53 - 1.
  uint64_t count();
  std::string text();

  // Typed arrays. With `length` it must match; the optional forms give an
  // empty span (data() == nullptr) for null.
  std::span<double> doubles() { return typed<double>(ElementType::kDouble); }
  std::span<double> doubles(size_t length) { return sized(doubles(), length); }
  std::span<uint64_t> codes() { return typed<uint64_t>(ElementType::kCode); }
  std::span<uint64_t> codes(size_t length) { return sized(codes(), length); }
  std::span<uint64_t> words() { return typed<uint64_t>(ElementType::kWord); }
  std::span<uint64_t> words(size_t length) { return sized(words(), length); }
  std::span<uint16_t> halves() { return typed<uint16_t>(ElementType::kHalf); }
  std::span<uint32_t> offsets() { return typed<uint32_t>(ElementType::kOffset); }
  std::span<uint32_t> offsets(size_t length) { return sized(offsets(), length); }
  std::span<uint8_t> bytes() { return typed<uint8_t>(ElementType::kByte); }
  // Finished batches, which threads hand to each other without copying them.
  std::span<uint8_t> block() { return typed<uint8_t>(ElementType::kBlock); }
  // A block whose columns can be read where they lie: batch::SinkBatch::parse().
  std::span<const uint8_t> aligned_block();
  std::span<uint8_t> bytes(size_t length) { return sized(bytes(), length); }
  std::span<uint16_t> halves_or_null(size_t length);
  // Eight-byte slots of any kind: BigInt64Array, BigUint64Array, Float64Array.
  std::span<uint64_t> slots_or_null(size_t length);
  // One SQLite column: kinds (Uint8Array, or a number for all rows), then slots
  // (eight-byte elements, or null where no row has one).
  envelope::ValueColumn column(size_t length);
  // As column(), where only TEXT and BLOB have a slot.
  envelope::ValueColumn original(size_t length);
  envelope::MutableValueColumn mutable_column(size_t length);
  // An array of kinds and slots in turn.
  std::vector<envelope::ValueColumn> columns(size_t length);
  std::vector<envelope::MutableValueColumn> mutable_columns(size_t length);
  // Tiles, then cells or null, then levels.
  envelope::RowKeys keys(size_t length);
  // A level for all rows (number) or one a row (Uint8Array).
  morton::Levels levels(size_t length);
  // What createFrame() made.
  Frame frame();

  // Array length of the next argument without consuming it.
  size_t peek_length() const;
  void refuse(const char* expected);

 private:
  template <class T>
  std::span<T> typed(ElementType type) {
    return view<T>(next(), type);
  }
  template <class T>
  std::span<T> view(napi_value value, ElementType type) {
    const ArrayView array = checked_view(value, type);
    return {reinterpret_cast<T*>(array.data), array.length};
  }
  uint64_t whole_number(uint64_t max);
  ArrayView checked_view(napi_value value, ElementType type);
  void remember(const ArrayView& array);
  template <class T>
  std::span<T> sized(std::span<T> span, size_t length) {
    if (span.size() != length) refuse("an array of the batch's length");
    return ok_ ? span : std::span<T>();
  }
  envelope::ValueColumn column_of(Napi::Value kinds, Napi::Value slots, size_t length,
                                  bool numbers_have_slots = true);
  envelope::MutableValueColumn mutable_column_of(Napi::Value kinds, Napi::Value slots,
                                                 size_t length);
  // Element pairs of an array argument; empty and refused when it is none.
  std::vector<std::pair<Napi::Value, Napi::Value>> pairs();

  const Napi::CallbackInfo& info_;
  size_t index_ = 0;
  bool pinning_;
  bool outputs_ = false;
  bool ok_ = true;
  std::vector<std::span<char>> memory_;
  std::vector<std::shared_ptr<void>> pins_;
};

}  // namespace octoload::addon
