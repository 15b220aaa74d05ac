// Dictionaries: preparing one, training one.
#include <algorithm>
#include <utility>
#include <vector>

#include "../envelope/dictionary_trainer.h"
#include "batch_task.h"
#include "calls.h"
#include "dictionary_handle.h"
#include "handle.h"

namespace octoload::addon {
namespace {

using DictionaryBox = Handle<HandleKind::kDictionary, DictionaryHandle>;

// (number, bytes) -> handle, or null when number or length is out of range
Napi::Value create_dictionary(const Napi::CallbackInfo& info) {
  Arguments arguments(info, false);
  const uint32_t number = arguments.number(UINT32_MAX);
  const std::span<uint8_t> bytes = arguments.bytes();
  if (!arguments.ok()) return info.Env().Undefined();
  DictionaryHandle made = envelope::Dictionary::create(number, bytes);
  if (made == nullptr) return info.Env().Null();
  return DictionaryBox::make(info.Env(), std::move(made));
}

// (bytes, offsets, maxBytes, onPool) -> Uint8Array, empty when nothing is shared
struct TrainJob {
  std::span<const uint8_t> bytes;
  std::span<const uint32_t> offsets;
  uint32_t max_bytes = 0;
  std::vector<uint8_t> trained;

  static TrainJob parse(Arguments& arguments) {
    TrainJob job;
    job.bytes = arguments.bytes();
    job.offsets = arguments.offsets();
    job.max_bytes = arguments.number(envelope::kMaxDictionaryBytes);
    return job;
  }

  void run() noexcept {
    // A copy, clamped: on the pool the caller's array may change under us.
    std::vector<uint32_t> own(offsets.begin(), offsets.end());
    uint32_t previous = 0;
    for (uint32_t& offset : own) {
      if (offset > bytes.size()) offset = static_cast<uint32_t>(bytes.size());
      if (offset < previous) offset = previous;
      previous = offset;
    }
    if (own.size() > 1) trained = envelope::train_dictionary(bytes, own, max_bytes);
  }

  Napi::Value result(Napi::Env env) const {
    Napi::Uint8Array array = Napi::Uint8Array::New(env, trained.size());
    // None where the worker thread that asked has ended meanwhile.
    if (!array.IsEmpty()) std::copy(trained.begin(), trained.end(), array.Data());
    return array;
  }
};

}  // namespace

DictionaryHandle dictionary_of(Napi::Value value) {
  const DictionaryHandle* const held = DictionaryBox::content_of(value);
  return held != nullptr ? *held : nullptr;
}

void export_dictionary_calls(Napi::Env env, Napi::Object exports) {
  exports.Set("createDictionary", Napi::Function::New(env, create_dictionary, "createDictionary"));
  exports.Set("trainDictionary", Napi::Function::New(env, batch_call<TrainJob>, "trainDictionary"));
}

}  // namespace octoload::addon
