// Reading the rows in a sink's order.
#include <algorithm>
#include <optional>
#include <utility>

#include "../sort/space.h"
#include "batch_task.h"
#include "calls.h"
#include "load_parts.h"
#include "packed_position.h"

namespace octoload::addon {
namespace {

// (ingest, derivation, order, position, upper, onPool) -> {failure, handle};
// position and upper are empty where the rows begin and end
struct OpenDeliveryJob {
  SharedPart<load::Ingest> ingest;
  SharedPart<load::Derivation> derivation;
  load::DeliveryOptions options;
  SharedPart<load::Delivery> opened = std::make_shared<LoadPart<load::Delivery>>();
  sort::Status status;

  static OpenDeliveryJob parse(Arguments& arguments) {
    OpenDeliveryJob job;
    job.ingest = read_ingest(arguments);
    job.derivation = read_derivation(arguments);
    job.options.order = static_cast<load::Order>(arguments.number(load::kOrders - 1));
    if (const auto position = bytes_or_null(arguments, position_bytes(job.options.order))) {
      job.options.range = sort::Range::after(unpack_position(*position));
    }
    if (const auto upper = bytes_or_null(arguments, load::order_key_bytes(job.options.order))) {
      job.options.range.upper.emplace();
      std::copy(upper->begin(), upper->end(), job.options.range.upper->begin());
    }
    return job;
  }
  void run() noexcept {
    const InUse use(ingest);
    const InUse also(derivation);
    const sort::Sorter* const rows = use ? ingest->part->rows(options.order) : nullptr;
    const sort::Sorter* const derived = also ? derivation->part->derived(options.order) : nullptr;
    if (rows == nullptr || derived == nullptr) {
      status = busy();
      return;
    }
    status = load::Delivery::open(*rows, *derived, options, &opened->part);
  }
  Napi::Value result(Napi::Env env) const {
    Napi::Object value = Napi::Object::New(env);
    value.Set("failure", failure_value(env, status));
    if (status.ok()) value.Set("handle", DeliveryBox::make(env, opened));
    return value;
  }
};

// (delivery, maxRows, block, onPool) -> {failure, rows, read, bytes, isEnd, position}
struct NextJob {
  SharedPart<load::Delivery> delivery;
  uint32_t max_rows = 0;
  std::span<uint8_t> block;
  load::Delivery::Chunk chunk;
  PackedPosition position;
  sort::Status status;

  static NextJob parse(Arguments& arguments) {
    NextJob job;
    job.delivery = read_delivery(arguments);
    job.max_rows = arguments.number(1u << 24);
    arguments.outputs_follow();
    job.block = arguments.block();
    return job;
  }
  void run() noexcept {
    const InUse use(delivery);
    if (!use) {
      status = busy();
      return;
    }
    status = delivery->part->next(max_rows, block, &chunk);
    position = pack_position(delivery->part->position(), delivery->part->order());
  }
  Napi::Value result(Napi::Env env) const {
    Napi::Object value = Napi::Object::New(env);
    value.Set("failure", failure_value(env, status));
    value.Set("rows", static_cast<double>(chunk.rows));
    value.Set("read", static_cast<double>(chunk.read));
    value.Set("bytes", static_cast<double>(chunk.bytes));
    value.Set("isEnd", chunk.is_end);
    value.Set("position", copied<Napi::Uint8Array>(env, position.bytes.data(), position.size));
    return value;
  }
};

// (derivation, order, rank, onPool) -> {failure, key}, key empty beyond the last
struct FindKeyJob {
  SharedPart<load::Derivation> derivation;
  load::Order order = load::Order::kNode;
  uint64_t rank = 0;
  sort::Key key{};
  bool is_found = false;
  sort::Status status;

  static FindKeyJob parse(Arguments& arguments) {
    FindKeyJob job;
    job.derivation = read_derivation(arguments);
    job.order = static_cast<load::Order>(arguments.number(load::kOrders - 1));
    job.rank = arguments.count();
    return job;
  }
  void run() noexcept {
    const InUse use(derivation);
    const sort::Sorter* const derived = use ? derivation->part->derived(order) : nullptr;
    status =
        derived == nullptr ? busy() : load::find_key_at(*derived, order, rank, &key, &is_found);
  }
  Napi::Value result(Napi::Env env) const {
    Napi::Object value = Napi::Object::New(env);
    value.Set("failure", failure_value(env, status));
    value.Set("key", copied<Napi::Uint8Array>(env, key.data(),
                                              is_found ? load::order_key_bytes(order) : size_t{0}));
    return value;
  }
};

// (keyBytes, memoryBytes, records, payloadBytes, onPool) -> bytes on disk at most
struct EstimateJob {
  sort::Options options;
  uint64_t records = 0, payload_bytes = 0, bytes = 0;

  static EstimateJob parse(Arguments& arguments) {
    EstimateJob job;
    job.options.key_bytes = arguments.number(sort::kMaxKeyBytes);
    job.options.memory_bytes = std::max(sort::kMinMemoryBytes, arguments.count());
    job.records = arguments.count();
    job.payload_bytes = arguments.count();
    return job;
  }
  void run() noexcept { bytes = sort::estimate_disk_bytes(options, records, payload_bytes); }
  Napi::Value result(Napi::Env env) const {
    return Napi::Number::New(env, static_cast<double>(bytes));
  }
};

}  // namespace

void export_delivery_calls(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, auto call) {
    exports.Set(name, Napi::Function::New(env, call, name));
  };
  add("openDelivery", batch_call<OpenDeliveryJob>);
  add("deliveryNext", batch_call<NextJob>);
  add("findKeyAt", batch_call<FindKeyJob>);
  add("estimateSortBytes", batch_call<EstimateJob>);
}

}  // namespace octoload::addon
