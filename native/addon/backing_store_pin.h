// Keeps the memory behind a typed array alive while a pool thread works on it.
//
// Node-API can keep a JavaScript object alive, but not its memory: transfer()
// or postMessage may detach the buffer meanwhile and hand the memory to an
// owner that frees it. V8's backing store is reference counted, so holding it
// is enough; this is the one place that reaches below Node-API for it.
#pragma once

#include <napi.h>

#include <memory>

namespace octoload::addon {

// `array` must be a TypedArray; anything else gives an empty pin.
std::shared_ptr<void> pin_backing_store(Napi::Value array);

}  // namespace octoload::addon
