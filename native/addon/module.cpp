// The addon's entry. It holds no state of its own, so that every worker thread
// can load it and let it go.
#include "calls.h"

namespace octoload::addon {
namespace {

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  export_build_facts(env, exports);
  export_morton_calls(env, exports);
  export_token_calls(env, exports);
  export_dictionary_calls(env, exports);
  export_envelope_calls(env, exports);
  export_load_calls(env, exports);
  export_delivery_calls(env, exports);
  export_source_delivery_calls(env, exports);
  export_key_reader_calls(env, exports);
  export_lz4_calls(env, exports);
  export_cql_calls(env, exports);
  export_hot_calls(env, exports);
  export_resp_calls(env, exports);
  export_digest_calls(env, exports);
  export_validate_calls(env, exports);
  return exports;
}

}  // namespace
}  // namespace octoload::addon

// Node-API looks this symbol up by name; the macro makes it.
static Napi::Object octoload_initialise(Napi::Env env, Napi::Object exports) {
  return octoload::addon::initialise(env, exports);
}

NODE_API_MODULE(NODE_GYP_MODULE_NAME, octoload_initialise)
