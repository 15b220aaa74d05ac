// A typed array's memory: where it is, and how to keep it alive.
//
// The one place that reaches below Node-API to V8, for two things Node-API
// has no word for. Safety: a pool thread works on memory that transfer() or
// postMessage may hand meanwhile to an owner that frees it; V8's backing store
// is reference counted, so holding it is enough. Speed: asking Node-API for
// one typed array's parts costs about 90 ns, JavaScript for its buffer about
// as much, and a batch call has up to ten arrays to stay within a microsecond.
#pragma once

#include <napi.h>

#include <cstddef>
#include <memory>

namespace octoload::addon {

enum class ElementType { kDouble, kCode, kWord, kOffset, kHalf, kByte, kBlock };

// Memory that could move, shrink or change under a running batch is no memory
// to work on.
enum class ArrayFault { kNone, kWrongType, kShared, kResizable, kDetached };

struct ArrayView {
  char* data = nullptr;
  size_t length = 0;  // in elements
  size_t bytes = 0;
  ArrayFault fault = ArrayFault::kWrongType;
};

// The memory of `value` if it is a typed array of that element type on memory of
// its own. kBlock is a Uint8Array that may also lie on shared memory, which threads use in turn.
// kCode is a BigUint64Array, kWord one of any eight-byte elements,
// Float64Array included.
ArrayView view_of(napi_value value, ElementType type);

// Element count of any typed array; 0 for anything else.
size_t length_of(napi_value value);

// Holds the memory of a typed array that view_of() gave without fault.
std::shared_ptr<void> pin_of(napi_value value);

}  // namespace octoload::addon
