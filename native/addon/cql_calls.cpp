// Native protocol frames of a sink batch.
#include "../cql/frames.h"
#include "batch_task.h"
#include "calls.h"

namespace octoload::addon {
namespace {

// (block, begin, end, layout, nullAs, consistency, maxRows, maxBytes, timestamp,
// preparedId, boundaries, replicaSetOf, output, table, onPool)
// -> [code, detail, frames]; the table's columns follow one another, each of a
// sixth of its length
struct EncodeFramesJob {
  std::span<const uint8_t> block;
  size_t begin = 0, end = 0;
  cql::FrameOptions options;
  std::span<uint8_t> output;
  cql::FrameTable table;
  cql::Status status;
  size_t frames = 0;

  static EncodeFramesJob parse(Arguments& arguments) {
    EncodeFramesJob job;
    job.block = arguments.aligned_block();
    job.begin = arguments.number(batch::kMaxSinkRows);
    job.end = arguments.number(batch::kMaxSinkRows);
    job.read_options(arguments);
    arguments.outputs_follow();
    job.output = arguments.bytes();
    const std::span<uint32_t> columns = arguments.offsets();
    const size_t capacity = columns.size() / cql::kFrameColumns;
    uint32_t* const at = columns.data();
    job.table = {capacity,          at,
                 at + capacity,     at + 2 * capacity,
                 at + 3 * capacity, at + 4 * capacity,
                 at + 5 * capacity};
    return job;
  }

  void read_options(Arguments& arguments) {
    options.layout = static_cast<cql::Layout>(arguments.number(1));
    options.null_material = static_cast<cql::NullAs>(arguments.number(1));
    options.consistency = static_cast<uint16_t>(arguments.number(UINT16_MAX));
    options.max_rows = arguments.number(cql::kMaxFrameRows);
    options.max_bytes = arguments.count();
    const std::span<const uint64_t> timestamp = arguments.words(1);
    if (!timestamp.empty()) options.timestamp_us = static_cast<int64_t>(timestamp[0]);
    options.prepared_id = arguments.bytes();
    const std::span<const uint64_t> tokens = arguments.words();
    options.ring.tokens = {reinterpret_cast<const int64_t*>(tokens.data()), tokens.size()};
    options.ring.sets = arguments.offsets(tokens.size());
  }

  void run() noexcept {
    batch::SinkBatch batch;
    status = batch::SinkBatch::parse(block, &batch)
                 ? cql::encode_frames(batch, begin, end, options, output, table, &frames)
                 : cql::Status{cql::Code::kBadArgument, 0};
  }

  Napi::Value result(Napi::Env env) const {
    Napi::Array value = Napi::Array::New(env, 3);
    value.Set(0u, static_cast<double>(status.code));
    value.Set(1u, static_cast<double>(status.detail));
    value.Set(2u, static_cast<double>(frames));
    return value;
  }
};

}  // namespace

void export_cql_calls(Napi::Env env, Napi::Object exports) {
  exports.Set("encodeFrames",
              Napi::Function::New(env, batch_call<EncodeFramesJob>, "encodeFrames"));
}

}  // namespace octoload::addon
