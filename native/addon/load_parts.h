// The parts of a load as JavaScript holds them. A part is used by one call at a
// time: a second one meanwhile fails instead of waiting.
#pragma once

#include <napi.h>

#include <atomic>
#include <memory>

#include "../load/delivery.h"
#include "../load/derivation.h"
#include "../load/ingest.h"
#include "../load/key_reader.h"
#include "../load/source_delivery.h"
#include "arguments.h"
#include "handle.h"

namespace octoload::addon {

template <class T>
struct LoadPart {
  std::unique_ptr<T> part;
  std::atomic<bool> is_busy = false;
};

template <class T>
using SharedPart = std::shared_ptr<LoadPart<T>>;

using IngestBox = Handle<HandleKind::kIngest, SharedPart<load::Ingest>>;
using DerivationBox = Handle<HandleKind::kDerivation, SharedPart<load::Derivation>>;
using DeliveryBox = Handle<HandleKind::kDelivery, SharedPart<load::Delivery>>;
using SourceDeliveryBox = Handle<HandleKind::kSourceDelivery, SharedPart<load::SourceDelivery>>;
using KeyReaderBox = Handle<HandleKind::kKeyReader, SharedPart<load::KeyReader>>;

// The next argument's part, or nothing and a refusal.
template <class Box, class T>
SharedPart<T> read_part(Arguments& arguments) {
  const SharedPart<T>* const held = Box::content_of(arguments.next());
  if (held == nullptr) arguments.refuse("a handle of the load");
  return held != nullptr ? *held : nullptr;
}

inline SharedPart<load::Ingest> read_ingest(Arguments& arguments) {
  return read_part<IngestBox, load::Ingest>(arguments);
}
inline SharedPart<load::Derivation> read_derivation(Arguments& arguments) {
  return read_part<DerivationBox, load::Derivation>(arguments);
}
inline SharedPart<load::Delivery> read_delivery(Arguments& arguments) {
  return read_part<DeliveryBox, load::Delivery>(arguments);
}
inline SharedPart<load::SourceDelivery> read_source_delivery(Arguments& arguments) {
  return read_part<SourceDeliveryBox, load::SourceDelivery>(arguments);
}
inline SharedPart<load::KeyReader> read_key_reader(Arguments& arguments) {
  return read_part<KeyReaderBox, load::KeyReader>(arguments);
}

// Holds a part while a call runs.
template <class T>
class InUse {
 public:
  explicit InUse(const SharedPart<T>& shared) noexcept
      : shared_(shared), is_mine_(!shared->is_busy.exchange(true)) {}
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;
  ~InUse() {
    if (is_mine_) shared_->is_busy = false;
  }
  explicit operator bool() const noexcept { return is_mine_ && shared_->part != nullptr; }

 private:
  const SharedPart<T>& shared_;
  const bool is_mine_;
};

inline sort::Status busy() { return sort::failure(sort::Code::kBadState); }

// null, or [code, errno, offset, path].
inline Napi::Value failure_value(Napi::Env env, const sort::Status& status) {
  if (status.ok()) return env.Null();
  Napi::Array parts = Napi::Array::New(env, 4);
  parts.Set(0u, static_cast<double>(status.code));
  parts.Set(1u, static_cast<double>(status.error));
  parts.Set(2u, static_cast<double>(status.offset));
  parts.Set(3u, Napi::String::New(env, status.path));
  return parts;
}

// A typed array with a copy of `count` elements.
template <class Array, class T>
Napi::Value copied(Napi::Env env, const T* from, size_t count) {
  Array array = Array::New(env, count);
  // None where the worker thread that asked has ended meanwhile.
  if (!array.IsEmpty() && count != 0) std::copy(from, from + count, array.Data());
  return array;
}

// Bit `order` of the mask: that order is wanted.
inline std::array<bool, load::kOrders> orders_of(uint32_t mask) {
  std::array<bool, load::kOrders> orders{};
  for (size_t order = 0; order < load::kOrders; ++order) orders[order] = (mask >> order & 1) != 0;
  return orders;
}

}  // namespace octoload::addon
