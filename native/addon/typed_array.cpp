#include "typed_array.h"

#include <v8.h>

#include <cstring>

namespace octoload::addon {
namespace {

// A napi_value is the v8::Local's own word: Node's implementation makes it by
// the same cast, and addons that mix the two interfaces rely on it.
v8::Local<v8::Value> local_of(napi_value value) {
  v8::Local<v8::Value> local;
  static_assert(sizeof local == sizeof value);
  std::memcpy(static_cast<void*>(&local), &value, sizeof value);
  return local;
}

bool is_of(v8::Local<v8::Value> value, ElementType type) {
  switch (type) {
    case ElementType::kDouble:
      return value->IsFloat64Array();
    case ElementType::kCode:
      return value->IsBigUint64Array();
    case ElementType::kWord:
      return value->IsBigUint64Array() || value->IsBigInt64Array() || value->IsFloat64Array();
    case ElementType::kOffset:
      return value->IsUint32Array();
    case ElementType::kHalf:
      return value->IsUint16Array();
    case ElementType::kByte:
    case ElementType::kBlock:
      return value->IsUint8Array();
  }
  return false;
}

ArrayFault fault_of(v8::Local<v8::ArrayBuffer> buffer, const v8::BackingStore& store,
                    ElementType type) {
  if (buffer->WasDetached()) return ArrayFault::kDetached;
  if (store.IsShared() && type != ElementType::kBlock) return ArrayFault::kShared;
  return store.IsResizableByUserJavaScript() ? ArrayFault::kResizable : ArrayFault::kNone;
}

}  // namespace

ArrayView view_of(napi_value value, ElementType type) {
  const v8::Local<v8::Value> local = local_of(value);
  ArrayView view;
  if (local.IsEmpty() || !is_of(local, type)) return view;
  const v8::Local<v8::TypedArray> array = local.As<v8::TypedArray>();
  const v8::Local<v8::ArrayBuffer> buffer = array->Buffer();
  const std::shared_ptr<v8::BackingStore> store = buffer->GetBackingStore();
  view.fault = fault_of(buffer, *store, type);
  if (view.fault != ArrayFault::kNone) return view;
  // An empty array may have no memory at all.
  char* const start = static_cast<char*>(store->Data());
  view.data = start == nullptr ? nullptr : start + array->ByteOffset();
  view.length = array->Length();
  view.bytes = array->ByteLength();
  return view;
}

size_t length_of(napi_value value) {
  const v8::Local<v8::Value> local = local_of(value);
  return local.IsEmpty() || !local->IsTypedArray() ? 0 : local.As<v8::TypedArray>()->Length();
}

std::shared_ptr<void> pin_of(napi_value value) {
  return local_of(value).As<v8::TypedArray>()->Buffer()->GetBackingStore();
}

}  // namespace octoload::addon
