// Cassandra tokens of the two layouts' partition keys.
#include "../token/murmur3.h"
#include "batch_task.h"
#include "calls.h"

namespace octoload::addon {
namespace {

// (keys, tokens, onPool)
struct BigintTokenJob {
  std::span<const uint64_t> keys;
  int64_t* tokens = nullptr;

  static BigintTokenJob parse(Arguments& arguments) {
    BigintTokenJob job;
    job.keys = arguments.words();
    arguments.outputs_follow();
    // Two's complement: int64_t and uint64_t may alias.
    job.tokens = reinterpret_cast<int64_t*>(arguments.words(job.keys.size()).data());
    return job;
  }
  void run() noexcept { token::of_bigints(keys.data(), keys.size(), tokens); }
  Napi::Value result(Napi::Env env) const { return env.Undefined(); }
};

// (tiles, levels, tokens, onPool)
struct TileTokenJob {
  morton::Levels levels;
  std::span<const uint64_t> tiles;
  int64_t* tokens = nullptr;

  static TileTokenJob parse(Arguments& arguments) {
    TileTokenJob job;
    job.tiles = arguments.words();
    job.levels = arguments.levels(job.tiles.size());
    arguments.outputs_follow();
    job.tokens = reinterpret_cast<int64_t*>(arguments.words(job.tiles.size()).data());
    return job;
  }
  void run() noexcept {
    token::of_tiles(levels.each, levels.all, tiles.data(), tiles.size(), tokens);
  }
  Napi::Value result(Napi::Env env) const { return env.Undefined(); }
};

}  // namespace

void export_token_calls(Napi::Env env, Napi::Object exports) {
  exports.Set("bigintTokens", Napi::Function::New(env, batch_call<BigintTokenJob>, "bigintTokens"));
  exports.Set("tileTokens", Napi::Function::New(env, batch_call<TileTokenJob>, "tileTokens"));
}

}  // namespace octoload::addon
