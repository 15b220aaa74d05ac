// What this build is and what it can run here.
#include <node_version.h>
#include "../common/cpu.h"
#include "../morton/kernels.h"

#include "calls.h"

namespace octoload::addon {
namespace {

// Raised whenever the meaning or order of a call's arguments changes, so that
// an addon left over from an older checkout is noticed (src/native/addon.ts).
constexpr uint32_t kInterface = 6;

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#elif defined(__GNUC__)
constexpr const char* kCompiler = "g++ " __VERSION__;
#else
constexpr const char* kCompiler = "unknown compiler";
#endif

Napi::Array kernel_list(Napi::Env env) {
  const std::span<const morton::KernelChoice> choices = morton::kernel_choices();
  Napi::Array list = Napi::Array::New(env, choices.size());
  for (uint32_t i = 0; i < choices.size(); ++i) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", choices[i].name);
    entry.Set("runnable", Napi::Boolean::New(env, choices[i].runnable));
    entry.Set("preferred", Napi::Boolean::New(env, choices[i].preferred));
    entry.Set("reason", choices[i].reason);
    list.Set(i, entry);
  }
  return list;
}

}  // namespace

void export_build_facts(Napi::Env env, Napi::Object exports) {
  exports.Set("interfaceVersion", Napi::Number::New(env, kInterface));
  // typed_array.cpp calls V8, whose interface changes with Node's major version.
  exports.Set("nodeAbi", Napi::Number::New(env, NODE_MODULE_VERSION));
  exports.Set("compiler", kCompiler);
  exports.Set("cpu", cpu_features().brand);
  exports.Set("slowPdep", Napi::Boolean::New(env, cpu_features().slow_pdep));
  exports.Set("kernels", kernel_list(env));
}

}  // namespace octoload::addon
