#include "backing_store_pin.h"

#include <v8.h>

#include <cstring>

namespace octoload::addon {

std::shared_ptr<void> pin_backing_store(Napi::Value array) {
  // A napi_value is the v8::Local's own word: every addon that mixes the two
  // interfaces relies on it, and Node's implementation does the same cast.
  const napi_value value = array;
  v8::Local<v8::Value> local;
  static_assert(sizeof local == sizeof value);
  std::memcpy(static_cast<void*>(&local), &value, sizeof value);
  if (local.IsEmpty() || !local->IsTypedArray()) return nullptr;
  return local.As<v8::TypedArray>()->Buffer()->GetBackingStore();
}

}  // namespace octoload::addon
