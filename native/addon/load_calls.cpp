// Ingesting and deriving.
#include <algorithm>
#include <utility>

#include "batch_task.h"
#include "calls.h"
#include "load_parts.h"

namespace octoload::addon {
namespace {

constexpr uint32_t kOrderMask = (1u << load::kOrders) - 1;
constexpr uint32_t kMaxCursors = 1024;

Napi::Object mark_value(Napi::Env env, const load::IngestMark& mark) {
  Napi::Object value = Napi::Object::New(env);
  value.Set("file", mark.file);
  value.Set("rowid", mark.has_rowid != 0 ? Napi::BigInt::New(env, mark.rowid) : env.Null());
  value.Set("rows", static_cast<double>(mark.rows));
  value.Set("selected", static_cast<double>(mark.selected));
  value.Set("rejected", static_cast<double>(mark.rejected));
  value.Set("unreadableCreated", static_cast<double>(mark.unreadable_created));
  value.Set("envelopeBytes", static_cast<double>(mark.envelope_bytes));
  return value;
}

// Five arrays, of which all have to be read: files and rowids of the named rows,
// tiles, cells and levels of their cells.
std::shared_ptr<const load::RowSelection> read_selection(Arguments& arguments) {
  const std::span<const uint32_t> files = arguments.offsets();
  const std::span<const uint64_t> rowids = arguments.slots_or_null(files.size());
  const std::span<const uint64_t> tiles = arguments.words();
  const std::span<const uint16_t> halves = arguments.halves_or_null(tiles.size());
  const std::span<const uint8_t> levels = arguments.bytes(tiles.size());
  const bool is_complete = rowids.size() == files.size() && halves.size() == tiles.size();
  if (!is_complete) arguments.refuse("rowids and cells");
  if (!arguments.ok()) return nullptr;
  std::vector<load::RowName> rows(files.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i] = {files[i], static_cast<int64_t>(rowids[i])};
  }
  std::vector<envelope::RowKey> cells(tiles.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    cells[i] = {tiles[i], halves[i], levels[i]};
    if (cells[i].level <= kMaxLevel && envelope::is_in_level(cells[i])) continue;
    arguments.refuse("cells that exist");
    return nullptr;
  }
  return std::make_shared<load::RowSelection>(std::move(rows), cells);
}

// (folder, identity, memoryBytes, orders, cursors, frame, coerceText, minLevel, maxLevel,
// limit, hasSelection, files, rowids, tiles, cells, levels, onPool)
// -> {failure, handle, mark, hasAllInput}
struct OpenIngestJob {
  load::IngestOptions options;
  SharedPart<load::Ingest> opened = std::make_shared<LoadPart<load::Ingest>>();
  sort::Status status;

  static OpenIngestJob parse(Arguments& arguments) {
    OpenIngestJob job;
    job.options.folder = arguments.text();
    job.options.identity = arguments.text();
    job.options.memory_bytes = arguments.count();
    job.options.orders = orders_of(arguments.number(kOrderMask));
    job.options.cursors = arguments.number(kMaxCursors);
    job.options.rows.frame = arguments.frame();
    job.options.rows.coerce_text = arguments.flag();
    job.options.rows.min_level = static_cast<uint8_t>(arguments.number(kMaxLevel));
    job.options.rows.max_level = static_cast<uint8_t>(arguments.number(kMaxLevel));
    job.options.limit = arguments.count();
    const bool has_selection = arguments.flag();
    auto selection = read_selection(arguments);
    if (has_selection) job.options.selection = std::move(selection);
    return job;
  }
  void run() noexcept { status = load::Ingest::open(options, &opened->part); }
  Napi::Value result(Napi::Env env) const {
    Napi::Object value = Napi::Object::New(env);
    value.Set("failure", failure_value(env, status));
    if (!status.ok()) return value;
    value.Set("handle", IngestBox::make(env, opened));
    value.Set("mark", mark_value(env, opened->part->mark()));
    value.Set("hasAllInput", opened->part->has_all_input());
    return value;
  }
};

// (ingest, block, file, absent, columnSet, status, onPool) -> {failure, mark, cpuNs}
struct AddJob {
  SharedPart<load::Ingest> ingest;
  std::span<const uint8_t> block;
  load::FileFacts file;
  std::span<uint8_t> row_status;
  load::IngestMark mark;
  load::IngestTimes times;
  sort::Status status;

  static AddJob parse(Arguments& arguments) {
    AddJob job;
    job.ingest = read_ingest(arguments);
    job.block = arguments.bytes();
    job.file.number = arguments.number(UINT32_MAX);
    job.file.absent = arguments.number(UINT32_MAX);
    job.file.column_set = arguments.number(UINT32_MAX);
    arguments.outputs_follow();
    job.row_status = arguments.bytes();
    return job;
  }
  void run() noexcept {
    const InUse use(ingest);
    batch::SourceBatch rows;
    if (!use) {
      status = busy();
    } else if (!batch::SourceBatch::parse(block, &rows)) {
      status = sort::failure(sort::Code::kBadArgument);
    } else {
      status = ingest->part->add(rows, file, row_status);
      mark = ingest->part->mark();
      times = ingest->part->times();
    }
  }
  Napi::Value result(Napi::Env env) const {
    Napi::Object value = Napi::Object::New(env);
    value.Set("failure", failure_value(env, status));
    value.Set("mark", mark_value(env, mark));
    Napi::Array spent = Napi::Array::New(env, 3);
    spent.Set(0u, static_cast<double>(times.prepare_ns));
    spent.Set(1u, static_cast<double>(times.encode_ns));
    spent.Set(2u, static_cast<double>(times.sort_ns));
    value.Set("cpuNs", spent);
    return value;
  }
};

// (ingest, onPool) -> {failure}
template <sort::Status (load::Ingest::*kMethod)()>
struct IngestJob {
  SharedPart<load::Ingest> ingest;
  sort::Status status;

  static IngestJob parse(Arguments& arguments) { return {read_ingest(arguments), {}}; }
  void run() noexcept {
    const InUse use(ingest);
    status = use ? (ingest->part.get()->*kMethod)() : busy();
  }
  Napi::Value result(Napi::Env env) const {
    Napi::Object value = Napi::Object::New(env);
    value.Set("failure", failure_value(env, status));
    return value;
  }
};

// (folder, identity, memoryBytes, orders, cursors, onPool) -> {failure, handle, hasAllInput}
struct OpenDerivationJob {
  load::DerivationOptions options;
  SharedPart<load::Derivation> opened = std::make_shared<LoadPart<load::Derivation>>();
  sort::Status status;

  static OpenDerivationJob parse(Arguments& arguments) {
    OpenDerivationJob job;
    job.options.folder = arguments.text();
    job.options.identity = arguments.text();
    job.options.memory_bytes = arguments.count();
    job.options.orders = orders_of(arguments.number(kOrderMask));
    job.options.cursors = arguments.number(kMaxCursors);
    return job;
  }
  void run() noexcept { status = load::Derivation::open(options, &opened->part); }
  Napi::Value result(Napi::Env env) const {
    Napi::Object value = Napi::Object::New(env);
    value.Set("failure", failure_value(env, status));
    if (!status.ok()) return value;
    value.Set("handle", DerivationBox::make(env, opened));
    value.Set("hasAllInput", opened->part->has_all_input());
    return value;
  }
};

Napi::Object collisions_value(Napi::Env env, const std::vector<derive::Collision>& collisions) {
  const size_t count = collisions.size();
  Napi::BigInt64Array rowids = Napi::BigInt64Array::New(env, 2 * count);
  Napi::Uint32Array files = Napi::Uint32Array::New(env, 2 * count);
  Napi::Uint8Array loadable = Napi::Uint8Array::New(env, count);
  Napi::Object value = Napi::Object::New(env);
  if (rowids.IsEmpty() || files.IsEmpty() || loadable.IsEmpty()) return value;
  for (size_t i = 0; i < count; ++i) {
    rowids[2 * i] = collisions[i].loser_rowid;
    rowids[2 * i + 1] = collisions[i].winner_rowid;
    files[2 * i] = collisions[i].loser_file;
    files[2 * i + 1] = collisions[i].winner_file;
    loadable[i] = collisions[i].loser_is_loadable ? 1 : 0;
  }
  value.Set("rowids", rowids);
  value.Set("files", files);
  value.Set("loadable", loadable);
  return value;
}

// (ingest, derivation, maxRecords, onPool) -> {failure, deriveFailure, isDone,
// records, collisions: {rowids, files: loser and winner in turn, loadable: of the loser}}
struct DeriveStepJob {
  SharedPart<load::Ingest> ingest;
  SharedPart<load::Derivation> derivation;
  uint32_t max_records = 0;
  bool is_done = false;
  load::StepStatus status;

  static DeriveStepJob parse(Arguments& arguments) {
    DeriveStepJob job;
    job.ingest = read_ingest(arguments);
    job.derivation = read_derivation(arguments);
    job.max_records = arguments.number(1u << 24);
    return job;
  }
  void run() noexcept {
    const InUse use(ingest);
    const InUse also(derivation);
    if (!use || !also) {
      status.sort = busy();
      return;
    }
    status = derivation->part->step(ingest->part->keys(), max_records, &is_done);
  }
  Napi::Value result(Napi::Env env) const {
    Napi::Object value = Napi::Object::New(env);
    value.Set("failure", failure_value(env, status.sort));
    value.Set("deriveFailure", static_cast<double>(status.derive));
    value.Set("isDone", is_done);
    value.Set("records", static_cast<double>(derivation->part->records()));
    value.Set("collisions", collisions_value(env, derivation->part->collisions()));
    return value;
  }
};

Napi::Object survey_value(Napi::Env env, const load::Survey& survey) {
  std::vector<int32_t> materials;
  std::vector<double> counts;
  for (const auto& [material, count] : survey.materials()) {
    materials.push_back(material);
    counts.push_back(static_cast<double>(count));
  }
  Napi::Object value = Napi::Object::New(env);
  value.Set("materials", copied<Napi::Int32Array>(env, materials.data(), materials.size()));
  value.Set("materialRows", copied<Napi::Float64Array>(env, counts.data(), counts.size()));
  value.Set("withoutMaterial", static_cast<double>(survey.without_material()));
  value.Set("otherMaterials", static_cast<double>(survey.other_materials()));
  value.Set("mapWidth", static_cast<double>(load::kMapWidth));
  value.Set("mapHeight", static_cast<double>(load::kMapHeight));
  value.Set("deepestLevels", copied<Napi::Uint8Array>(env, survey.deepest_levels().data(),
                                                      survey.deepest_levels().size()));
  value.Set("nodes", copied<Napi::Uint32Array>(env, survey.nodes().data(), survey.nodes().size()));
  return value;
}

Napi::Object topmost_value(Napi::Env env, const derive::TopmostCells& topmost) {
  std::vector<uint64_t> tiles;
  std::vector<uint16_t> cells;
  std::vector<uint8_t> levels;
  for (const derive::Wide packed : topmost.keys()) {
    const envelope::RowKey key = derive::row_key_of(packed);
    tiles.push_back(key.tile);
    cells.push_back(key.cell);
    levels.push_back(key.level);
  }
  Napi::Object value = Napi::Object::New(env);
  value.Set("tiles", copied<Napi::BigUint64Array>(env, tiles.data(), tiles.size()));
  value.Set("cells", copied<Napi::Uint16Array>(env, cells.data(), cells.size()));
  value.Set("levels", copied<Napi::Uint8Array>(env, levels.data(), levels.size()));
  value.Set("maxLevel", topmost.max_level());
  return value;
}

Napi::Value level_counts(Napi::Env env, const std::array<uint64_t, kMaxLevel + 1>& counts) {
  std::array<double, kMaxLevel + 1> values{};
  std::copy(counts.begin(), counts.end(), values.begin());
  return copied<Napi::Float64Array>(env, values.data(), values.size());
}

// (derivation, onPool) -> {failure, rows, orphans, collisions, rowsByLevel, tilesByLevel,
// rowsInLargestTile, survey, topmost: {tiles, cells, levels, maxLevel}}
struct FinishDerivationJob {
  SharedPart<load::Derivation> derivation;
  sort::Status status;

  static FinishDerivationJob parse(Arguments& arguments) {
    return {read_derivation(arguments), {}};
  }
  void run() noexcept {
    const InUse use(derivation);
    status = use ? derivation->part->finish() : busy();
  }
  Napi::Value result(Napi::Env env) const {
    const derive::Counts& counts = derivation->part->counts();
    Napi::Object value = Napi::Object::New(env);
    value.Set("failure", failure_value(env, status));
    value.Set("rows", static_cast<double>(counts.rows));
    value.Set("orphans", static_cast<double>(counts.orphans));
    value.Set("collisions", static_cast<double>(counts.collisions));
    value.Set("rowsByLevel", level_counts(env, counts.rows_by_level));
    value.Set("tilesByLevel", level_counts(env, counts.tiles_by_level));
    value.Set("rowsInLargestTile", static_cast<double>(counts.rows_in_largest_tile));
    value.Set("survey", survey_value(env, derivation->part->survey()));
    value.Set("topmost", topmost_value(env, derivation->part->topmost_cells()));
    return value;
  }
};

// (part, onPool) -> {failure}: lets go of its folders and its memory now, which
// otherwise the garbage collector does at some time. Later calls fail.
template <class T, auto kRead>
struct CloseJob {
  SharedPart<T> part;
  sort::Status status;

  static CloseJob parse(Arguments& arguments) { return {kRead(arguments), {}}; }
  void run() noexcept {
    const InUse use(part);
    if (use) {
      part->part.reset();
    } else {
      status = busy();
    }
  }
  Napi::Value result(Napi::Env env) const {
    Napi::Object value = Napi::Object::New(env);
    value.Set("failure", failure_value(env, status));
    return value;
  }
};

}  // namespace

void export_load_calls(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, auto call) {
    exports.Set(name, Napi::Function::New(env, call, name));
  };
  add("openIngest", batch_call<OpenIngestJob>);
  add("ingestAdd", batch_call<AddJob>);
  add("ingestSpill", batch_call<IngestJob<&load::Ingest::spill>>);
  add("ingestFinish", batch_call<IngestJob<&load::Ingest::finish>>);
  add("ingestClose", batch_call<CloseJob<load::Ingest, read_ingest>>);
  add("openDerivation", batch_call<OpenDerivationJob>);
  add("deriveStep", batch_call<DeriveStepJob>);
  add("deriveFinish", batch_call<FinishDerivationJob>);
  add("derivationClose", batch_call<CloseJob<load::Derivation, read_derivation>>);
}

}  // namespace octoload::addon
