// Native objects that JavaScript holds without looking inside: frames,
// dictionaries, the parts of a load, readers of replies, contexts of rows. Each
// says what it is, so that one cannot pass for the other.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "../common/frame.h"

namespace octoload::addon {

enum class HandleKind : uint64_t {
  kFrame = 0x6f63746f66726d65,
  kDictionary = 0x6f63746f64696374,
  kIngest = 0x6f63746f696e6773,
  kDerivation = 0x6f63746f64657276,
  kDelivery = 0x6f63746f64656c76,
  kSourceDelivery = 0x6f63746f73726364,
  kHotIndex = 0x6f63746f686f7478,
  kKeyReader = 0x6f63746f6b657972,
  kReplyReader = 0x6f63746f7265706c,
  kRowContext = 0x6f63746f726f7763,
};

template <HandleKind kKind, class T>
class Handle {
 public:
  static Napi::Value make(Napi::Env env, T content) {
    auto made = std::make_unique<Handle>(std::move(content));
    const auto release = [](Napi::Env, Handle* gone) { const std::unique_ptr<Handle> owner(gone); };
    const Napi::Value value = Napi::External<Handle>::New(env, made.get(), release);
    made.release();  // the finalizer above owns it now
    return value;
  }

  // nullptr when `value` is no handle of this kind.
  static const T* content_of(Napi::Value value) {
    if (!value.IsExternal()) return nullptr;
    const Handle* const handle = value.As<Napi::External<Handle>>().Data();
    return handle->kind_ == kKind ? &handle->content_ : nullptr;
  }

  explicit Handle(T content) : content_(std::move(content)) {}

 private:
  const HandleKind kind_ = kKind;
  const T content_;
};

using FrameHandle = Handle<HandleKind::kFrame, Frame>;

}  // namespace octoload::addon
