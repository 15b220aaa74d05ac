// Reading the rows in the source's own order, from the source itself.
#include <optional>
#include <utility>

#include "batch_task.h"
#include "calls.h"
#include "load_parts.h"
#include "packed_position.h"

namespace octoload::addon {
namespace {

constexpr load::Order kOrder = load::Order::kSource;

// (ingest, derivation, position, onPool) -> {failure, handle}; position is empty
// where nothing was delivered yet
struct OpenSourceDeliveryJob {
  SharedPart<load::Ingest> ingest;
  SharedPart<load::Derivation> derivation;
  std::optional<sort::Position> after;
  SharedPart<load::SourceDelivery> opened = std::make_shared<LoadPart<load::SourceDelivery>>();
  sort::Status status;

  static OpenSourceDeliveryJob parse(Arguments& arguments) {
    OpenSourceDeliveryJob job;
    job.ingest = read_ingest(arguments);
    job.derivation = read_derivation(arguments);
    if (const auto position = bytes_or_null(arguments, position_bytes(kOrder))) {
      job.after = unpack_position(*position);
    }
    return job;
  }
  void run() noexcept {
    const InUse use(ingest);
    const InUse also(derivation);
    const sort::Sorter* const derived = use && also ? derivation->part->derived(kOrder) : nullptr;
    if (derived == nullptr) {
      status = busy();
      return;
    }
    status = load::SourceDelivery::open(*derived, ingest->part->options(),
                                        after ? &*after : nullptr, &opened->part);
  }
  Napi::Value result(Napi::Env env) const {
    Napi::Object value = Napi::Object::New(env);
    value.Set("failure", failure_value(env, status));
    if (status.ok()) value.Set("handle", SourceDeliveryBox::make(env, opened));
    return value;
  }
};

// (delivery, block, file, absent, columnSet, onPool) -> {failure, rows, bytes, position}
struct AddSourceJob {
  SharedPart<load::SourceDelivery> delivery;
  std::span<const uint8_t> block;
  load::FileFacts file;
  size_t rows = 0, bytes = 0;
  PackedPosition position;
  sort::Status status;

  static AddSourceJob parse(Arguments& arguments) {
    AddSourceJob job;
    job.delivery = read_source_delivery(arguments);
    job.block = arguments.bytes();
    job.file.number = arguments.number(UINT32_MAX);
    job.file.absent = arguments.number(UINT32_MAX);
    job.file.column_set = arguments.number(UINT32_MAX);
    return job;
  }
  void run() noexcept {
    const InUse use(delivery);
    batch::SourceBatch batch;
    if (!use) {
      status = busy();
    } else if (!batch::SourceBatch::parse(block, &batch)) {
      status = sort::failure(sort::Code::kBadArgument);
    } else {
      status = delivery->part->add(batch, file);
      rows = delivery->part->rows();
      bytes = delivery->part->block_bytes();
      position = pack_position(delivery->part->position(), kOrder);
    }
  }
  Napi::Value result(Napi::Env env) const {
    Napi::Object value = Napi::Object::New(env);
    value.Set("failure", failure_value(env, status));
    value.Set("rows", static_cast<double>(rows));
    value.Set("bytes", static_cast<double>(bytes));
    value.Set("position", copied<Napi::Uint8Array>(env, position.bytes.data(), position.size));
    return value;
  }
};

// (delivery, block, onPool) -> {failure}
struct WriteSourceJob {
  SharedPart<load::SourceDelivery> delivery;
  std::span<uint8_t> block;
  sort::Status status;

  static WriteSourceJob parse(Arguments& arguments) {
    WriteSourceJob job;
    job.delivery = read_source_delivery(arguments);
    arguments.outputs_follow();
    job.block = arguments.block();
    return job;
  }
  void run() noexcept {
    const InUse use(delivery);
    status = use ? delivery->part->write(block) : busy();
  }
  Napi::Value result(Napi::Env env) const {
    Napi::Object value = Napi::Object::New(env);
    value.Set("failure", failure_value(env, status));
    return value;
  }
};

}  // namespace

void export_source_delivery_calls(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, auto call) {
    exports.Set(name, Napi::Function::New(env, call, name));
  };
  add("openSourceDelivery", batch_call<OpenSourceDeliveryJob>);
  add("sourceDeliveryAdd", batch_call<AddSourceJob>);
  add("sourceDeliveryWrite", batch_call<WriteSourceJob>);
}

}  // namespace octoload::addon
