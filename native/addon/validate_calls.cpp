// Comparing a target's rows with the source's.
#include "../cql/result_rows.h"
#include "../validate/merge.h"
#include "../validate/stored_rows.h"
#include "batch_task.h"
#include "calls.h"

namespace octoload::addon {
namespace {

// A block that columns are written to.
std::span<uint8_t> aligned_output(Arguments& arguments) {
  const std::span<uint8_t> block = arguments.block();
  const bool is_aligned = reinterpret_cast<uintptr_t>(block.data()) % sizeof(uint64_t) == 0;
  if (!is_aligned) arguments.refuse("a block that begins at a multiple of 8 bytes");
  return block;
}

// (body, flags, layout, output, onPool)
// -> [code, detail, rows, bytes, envelopeBytes, pagingOffset, pagingBytes]
struct UnpackRowsJob {
  std::span<const uint8_t> body;
  uint8_t flags = 0;
  cql::Layout layout = cql::Layout::kNode;
  std::span<uint8_t> output;
  cql::ResultRows rows;

  static UnpackRowsJob parse(Arguments& arguments) {
    UnpackRowsJob job;
    job.body = arguments.block();
    job.flags = static_cast<uint8_t>(arguments.number(UINT8_MAX));
    job.layout = static_cast<cql::Layout>(arguments.number(1));
    arguments.outputs_follow();
    job.output = aligned_output(arguments);
    return job;
  }
  void run() noexcept { rows = cql::unpack_rows(body, flags, layout, output); }
  Napi::Value result(Napi::Env env) const {
    Napi::Array value = Napi::Array::New(env, 7);
    value.Set(0u, static_cast<double>(rows.code));
    value.Set(1u, static_cast<double>(rows.detail));
    value.Set(2u, static_cast<double>(rows.rows));
    value.Set(3u, static_cast<double>(rows.bytes));
    value.Set(4u, static_cast<double>(rows.envelope_bytes));
    value.Set(5u, static_cast<double>(rows.paging_offset));
    value.Set(6u, static_cast<double>(rows.paging_bytes));
    return value;
  }
};

// (packed, isTile, output, onPool) -> [code, detail, rows, bytes]
struct UnpackStoredJob {
  std::span<const uint8_t> packed;
  bool is_tile = false;
  std::span<uint8_t> output;
  validate::StoredRows rows;

  static UnpackStoredJob parse(Arguments& arguments) {
    UnpackStoredJob job;
    job.packed = arguments.aligned_block();
    job.is_tile = arguments.flag();
    arguments.outputs_follow();
    job.output = aligned_output(arguments);
    return job;
  }
  void run() noexcept { rows = validate::unpack_stored(packed, is_tile, output); }
  Napi::Value result(Napi::Env env) const {
    Napi::Array value = Napi::Array::New(env, 4);
    value.Set(0u, static_cast<double>(rows.code));
    value.Set(1u, static_cast<double>(rows.detail));
    value.Set(2u, static_cast<double>(rows.rows));
    value.Set(3u, static_cast<double>(rows.bytes));
    return value;
  }
};

// A side of a merge: block, row, whether it is the last one. An empty block has no rows.
struct SideArguments {
  std::span<const uint8_t> block;
  size_t at = 0;
  bool is_end = false;

  void read(Arguments& arguments) {
    block = arguments.aligned_block();
    at = arguments.number(batch::kMaxSinkRows);
    is_end = arguments.flag();
  }
  bool open(validate::Side* side) const noexcept {
    side->at = at;
    side->is_end = is_end;
    if (block.empty()) return at == 0;
    return batch::SinkBatch::parse(block, &side->batch) && at <= side->batch.rows;
  }
};

// (order, maxLevel, source, sourceAt, sourceIsEnd, target, targetAt, targetIsEnd, state, table,
// onPool) -> [code, sourceAt, targetAt, found, equal, tooDeep], code -1 for no blocks; the table's
// columns follow one another, each of a quarter of its length
struct MergeRowsJob {
  validate::MergeOptions options;
  SideArguments source, target;
  validate::MergeState* state = nullptr;
  validate::FindingTable table;
  validate::MergeStep step;
  bool is_open = false;

  static MergeRowsJob parse(Arguments& arguments) {
    MergeRowsJob job;
    constexpr auto kLastOrder = static_cast<uint32_t>(load::Order::kTileToken);
    job.options.order = static_cast<load::Order>(arguments.number(kLastOrder));
    job.options.max_level = static_cast<uint8_t>(arguments.number(UINT8_MAX));
    job.source.read(arguments);
    job.target.read(arguments);
    arguments.outputs_follow();
    const std::span<uint64_t> words = arguments.codes(validate::kMergeStateWords);
    job.state = reinterpret_cast<validate::MergeState*>(words.data());
    const std::span<uint32_t> columns = arguments.offsets();
    const size_t capacity = columns.size() / validate::kFindingColumns;
    uint32_t* const at = columns.data();
    job.table = {capacity, at, at + capacity, at + 2 * capacity, at + 3 * capacity};
    return job;
  }
  void run() noexcept {
    validate::Side ours, theirs;
    is_open = source.open(&ours) && target.open(&theirs);
    if (is_open) step = validate::merge(ours, theirs, options, state, table);
  }
  Napi::Value result(Napi::Env env) const {
    Napi::Array value = Napi::Array::New(env, 6);
    value.Set(0u, is_open ? static_cast<double>(step.code) : -1.0);
    value.Set(1u, static_cast<double>(step.source_at));
    value.Set(2u, static_cast<double>(step.target_at));
    value.Set(3u, static_cast<double>(step.found));
    value.Set(4u, static_cast<double>(step.equal));
    value.Set(5u, static_cast<double>(step.too_deep));
    return value;
  }
};

}  // namespace

void export_validate_calls(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, auto call) {
    exports.Set(name, Napi::Function::New(env, call, name));
  };
  add("unpackRows", batch_call<UnpackRowsJob>);
  add("unpackStored", batch_call<UnpackStoredJob>);
  add("mergeRows", batch_call<MergeRowsJob>);
}

}  // namespace octoload::addon
