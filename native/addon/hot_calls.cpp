// Hot regions: building an index, asking it.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "../hot/hot_index.h"
#include "batch_task.h"
#include "calls.h"
#include "handle.h"

namespace octoload::addon {
namespace {

using SharedIndex = std::shared_ptr<const hot::HotIndex>;
using IndexBox = Handle<HandleKind::kHotIndex, SharedIndex>;

// The next argument's index, or nothing and a refusal.
SharedIndex read_index(Arguments& arguments) {
  const SharedIndex* const held = IndexBox::content_of(arguments.next());
  if (held == nullptr) arguments.refuse("an index of hot regions");
  return held != nullptr ? *held : nullptr;
}

// (kinds, values, coast, coastLineEnds, cities, polygonVertices, ringEnds,
// polygonEnds, onPool) -> null, or {handle, bytes, blocks, undecidedSquares};
// values: four a predicate, vertices: x and y in turn (native/hot/fixed_point.h)
struct CreateIndexJob {
  hot::Definition definition;
  SharedIndex index;

  static CreateIndexJob parse(Arguments& arguments) {
    CreateIndexJob job;
    hot::Definition& to = job.definition;
    const std::span<const uint8_t> kinds = arguments.bytes();
    const std::span<const double> values = arguments.doubles(4 * kinds.size());
    for (size_t i = 0; i < values.size() / 4; ++i) {
      if (kinds[i] >= hot::kKinds) arguments.refuse("kinds of predicates");
      hot::Predicate predicate{static_cast<hot::Kind>(kinds[i]), {}};
      std::copy_n(values.begin() + static_cast<ptrdiff_t>(4 * i), 4, predicate.values.begin());
      to.predicates.push_back(predicate);
    }
    to.coast = arguments.doubles();
    to.coast_line_ends = arguments.offsets();
    to.cities = arguments.doubles();
    const std::span<const double> vertices = arguments.doubles();
    for (size_t i = 0; i + 1 < vertices.size(); i += 2) {
      // Not beyond what int64_t holds; NaN fails too. build() looks closer.
      if (!(std::abs(vertices[i]) < 0x1p62) || !(std::abs(vertices[i + 1]) < 0x1p62)) {
        arguments.refuse("vertices that are integers");
        break;
      }
      to.polygon_vertices.push_back(
          {static_cast<int64_t>(vertices[i]), static_cast<int64_t>(vertices[i + 1])});
    }
    to.ring_ends = arguments.offsets();
    to.polygon_ends = arguments.offsets();
    return job;
  }
  void run() noexcept { index = hot::HotIndex::build(std::move(definition)); }
  Napi::Value result(Napi::Env env) const {
    if (index == nullptr) return env.Null();
    const hot::HotIndex::Size size = index->size();
    Napi::Object value = Napi::Object::New(env);
    value.Set("handle", IndexBox::make(env, index));
    value.Set("bytes", static_cast<double>(size.bytes));
    value.Set("blocks", static_cast<double>(size.blocks));
    value.Set("undecidedSquares", static_cast<double>(size.undecided_squares));
    return value;
  }
};

// What both kinds of classifying come to: the first row whose key is no cell's,
// -1: none, -2: no sink batch, or one of another number of rows.
struct Classified {
  std::span<uint8_t> priorities;
  std::span<uint32_t> totals;
  double first_bad = -1;

  void read_outputs(Arguments& arguments) {
    arguments.outputs_follow();
    priorities = arguments.bytes();
    totals = arguments.offsets(hot::kPriorities);
  }
  void run(const hot::HotIndex& index, const hot::Keys& keys) noexcept {
    if (keys.tiles.size() != priorities.size()) {
      first_bad = -2;
      return;
    }
    const std::optional<size_t> bad =
        index.classify(keys, priorities.data(), totals.first<hot::kPriorities>());
    if (bad) first_bad = static_cast<double>(*bad);
  }
};

// (index, block, priorities, totals, onPool) -> as Classified
struct ClassifyBatchJob {
  SharedIndex index;
  std::span<const uint8_t> block;
  Classified classified;

  static ClassifyBatchJob parse(Arguments& arguments) {
    ClassifyBatchJob job;
    job.index = read_index(arguments);
    job.block = arguments.aligned_block();
    job.classified.read_outputs(arguments);
    return job;
  }
  void run() noexcept {
    batch::SinkBatch batch;
    if (!batch::SinkBatch::parse(block, &batch)) {
      classified.first_bad = -2;
      return;
    }
    classified.run(*index, {{batch.tiles, batch.rows}, batch.cells, batch.levels});
  }
  Napi::Value result(Napi::Env env) const { return Napi::Number::New(env, classified.first_bad); }
};

// (index, tiles, cells, levels, priorities, totals, onPool) -> as Classified
struct ClassifyCellsJob {
  SharedIndex index;
  hot::Keys keys;
  Classified classified;

  static ClassifyCellsJob parse(Arguments& arguments) {
    ClassifyCellsJob job;
    job.index = read_index(arguments);
    job.keys.tiles = arguments.codes();
    const std::span<const uint16_t> cells = arguments.halves();
    const std::span<const uint8_t> levels = arguments.bytes(job.keys.tiles.size());
    if (cells.size() != job.keys.tiles.size()) arguments.refuse("as many cells as tiles");
    job.keys.cells = cells.data();
    job.keys.levels = levels.data();
    job.classified.read_outputs(arguments);
    return job;
  }
  void run() noexcept { classified.run(*index, keys); }
  Napi::Value result(Napi::Env env) const { return Napi::Number::New(env, classified.first_bad); }
};

// (index, tiles, levels, most, onPool): the highest priority each tile can hold
struct MostInTilesJob {
  SharedIndex index;
  std::span<const uint64_t> tiles;
  std::span<const uint8_t> levels;
  std::span<uint8_t> most;

  static MostInTilesJob parse(Arguments& arguments) {
    MostInTilesJob job;
    job.index = read_index(arguments);
    job.tiles = arguments.codes();
    job.levels = arguments.bytes(job.tiles.size());
    arguments.outputs_follow();
    job.most = arguments.bytes(job.tiles.size());
    return job;
  }
  void run() noexcept {
    for (size_t i = 0; i < tiles.size(); ++i) most[i] = index->most_in_tile(tiles[i], levels[i]);
  }
  Napi::Value result(Napi::Env env) const { return env.Undefined(); }
};

// (index, width, height, pixels, onPool)
struct DrawJob {
  SharedIndex index;
  uint32_t width = 0, height = 0;
  std::span<uint8_t> pixels;

  static DrawJob parse(Arguments& arguments) {
    DrawJob job;
    job.index = read_index(arguments);
    job.width = arguments.number(hot::kColumns);
    job.height = arguments.number(hot::kRows);
    arguments.outputs_follow();
    job.pixels = arguments.bytes(size_t{job.width} * job.height);
    return job;
  }
  void run() noexcept { index->draw(width, height, pixels.data()); }
  Napi::Value result(Napi::Env env) const { return env.Undefined(); }
};

}  // namespace

void export_hot_calls(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, auto call) {
    exports.Set(name, Napi::Function::New(env, call, name));
  };
  add("createHotIndex", batch_call<CreateIndexJob>);
  add("hotClassifyBatch", batch_call<ClassifyBatchJob>);
  add("hotClassifyCells", batch_call<ClassifyCellsJob>);
  add("hotMostInTiles", batch_call<MostInTilesJob>);
  add("hotDraw", batch_call<DrawJob>);
}

}  // namespace octoload::addon
