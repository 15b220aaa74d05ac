// Reading the cells of a source in a sink's order.
#include <algorithm>
#include <optional>
#include <utility>

#include "batch_task.h"
#include "calls.h"
#include "load_parts.h"
#include "packed_position.h"

namespace octoload::addon {
namespace {

// An order's number, of those that sort cells.
load::Order read_cell_order(Arguments& arguments) {
  return static_cast<load::Order>(arguments.number(static_cast<uint32_t>(load::Order::kTileToken)));
}

void set_bound(const std::optional<std::span<uint8_t>>& key, std::optional<sort::Key>* bound) {
  if (!key) return;
  bound->emplace();
  std::copy(key->begin(), key->end(), (*bound)->begin());
}

// (derivation, order, lower, upper, onPool) -> {failure, handle}; lower and upper
// are empty where the cells begin and end
struct OpenKeysJob {
  SharedPart<load::Derivation> derivation;
  load::Order order = load::Order::kNode;
  sort::Range range;
  SharedPart<load::KeyReader> opened = std::make_shared<LoadPart<load::KeyReader>>();
  sort::Status status;

  static OpenKeysJob parse(Arguments& arguments) {
    OpenKeysJob job;
    job.derivation = read_derivation(arguments);
    job.order = read_cell_order(arguments);
    const size_t key_bytes = load::order_key_bytes(job.order);
    set_bound(bytes_or_null(arguments, key_bytes), &job.range.lower);
    set_bound(bytes_or_null(arguments, key_bytes), &job.range.upper);
    return job;
  }
  void run() noexcept {
    const InUse use(derivation);
    const sort::Sorter* const derived = use ? derivation->part->derived(order) : nullptr;
    status =
        derived == nullptr ? busy() : load::KeyReader::open(*derived, order, range, &opened->part);
  }
  Napi::Value result(Napi::Env env) const {
    Napi::Object value = Napi::Object::New(env);
    value.Set("failure", failure_value(env, status));
    if (status.ok()) value.Set("handle", KeyReaderBox::make(env, opened));
    return value;
  }
};

// (reader, tokens, tiles, cells, levels, onPool) -> {failure, rows}
struct NextKeysJob {
  SharedPart<load::KeyReader> reader;
  load::KeyColumns columns;
  size_t rows = 0;
  sort::Status status;

  static NextKeysJob parse(Arguments& arguments) {
    NextKeysJob job;
    job.reader = read_key_reader(arguments);
    arguments.outputs_follow();
    const std::span<uint64_t> tokens = arguments.words();
    job.columns.tokens = {reinterpret_cast<int64_t*>(tokens.data()), tokens.size()};
    job.columns.tiles = arguments.codes();
    job.columns.cells = arguments.halves();
    job.columns.levels = arguments.bytes();
    return job;
  }
  void run() noexcept {
    const InUse use(reader);
    status = use ? reader->part->next(columns, &rows) : busy();
  }
  Napi::Value result(Napi::Env env) const {
    Napi::Object value = Napi::Object::New(env);
    value.Set("failure", failure_value(env, status));
    value.Set("rows", static_cast<double>(rows));
    return value;
  }
};

}  // namespace

void export_key_reader_calls(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, auto call) {
    exports.Set(name, Napi::Function::New(env, call, name));
  };
  add("openKeys", batch_call<OpenKeysJob>);
  add("keysNext", batch_call<NextKeysJob>);
}

}  // namespace octoload::addon
