// The groups of functions that make up the addon's exports.
#pragma once

#include <napi.h>

namespace octoload::addon {

void export_build_facts(Napi::Env env, Napi::Object exports);
void export_morton_calls(Napi::Env env, Napi::Object exports);
void export_token_calls(Napi::Env env, Napi::Object exports);
void export_envelope_calls(Napi::Env env, Napi::Object exports);
void export_dictionary_calls(Napi::Env env, Napi::Object exports);
void export_load_calls(Napi::Env env, Napi::Object exports);
void export_delivery_calls(Napi::Env env, Napi::Object exports);
void export_source_delivery_calls(Napi::Env env, Napi::Object exports);
void export_key_reader_calls(Napi::Env env, Napi::Object exports);
void export_lz4_calls(Napi::Env env, Napi::Object exports);
void export_cql_calls(Napi::Env env, Napi::Object exports);
void export_hot_calls(Napi::Env env, Napi::Object exports);
void export_resp_calls(Napi::Env env, Napi::Object exports);
void export_digest_calls(Napi::Env env, Napi::Object exports);
void export_validate_calls(Napi::Env env, Napi::Object exports);

}  // namespace octoload::addon
