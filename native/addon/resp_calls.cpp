// Redis commands of a sink batch, and the replies to them.
#include <algorithm>
#include <array>

#include "../resp/entries.h"
#include "../resp/reply_reader.h"
#include "../resp/slot.h"
#include "batch_task.h"
#include "calls.h"
#include "handle.h"

namespace octoload::addon {
namespace {

// (block, begin, end, form, name, prefix, keysPerCommand, wts, ttl, selection,
// nodeOfSlot, nodes, output, table, nodeCommands, onPool)
// -> [code, detail, entries, commands, ownerless]
//
// selection and nodeOfSlot are empty where there is none. The table's columns
// follow one another: offsets, one element longer than the others, first
// entries, entries, rows.
struct EncodeEntriesJob {
  std::span<const uint8_t> block;
  size_t begin = 0, end = 0;
  resp::EntryOptions options;
  std::span<uint8_t> output;
  resp::EntryTable table;
  resp::Status status;
  resp::EntryCounts counts;

  static EncodeEntriesJob parse(Arguments& arguments) {
    EncodeEntriesJob job;
    job.block = arguments.aligned_block();
    job.begin = arguments.number(batch::kMaxSinkRows);
    job.end = arguments.number(batch::kMaxSinkRows);
    job.read_options(arguments);
    arguments.outputs_follow();
    job.output = arguments.bytes();
    job.read_table(arguments);
    return job;
  }

  void read_options(Arguments& arguments) {
    options.form = static_cast<resp::Form>(arguments.number(2));
    options.name = arguments.bytes();
    options.prefix = arguments.bytes();
    options.keys_per_command = arguments.number(resp::kMaxKeysPerCommand);
    const std::span<const uint64_t> wts = arguments.words(1);
    if (!wts.empty()) options.wts_us = static_cast<int64_t>(wts[0]);
    options.ttl_s = arguments.number(INT32_MAX);
    options.selection = arguments.bytes();
    options.node_of_slot = arguments.halves();
    options.nodes = static_cast<uint16_t>(arguments.number(UINT16_MAX));
  }

  void read_table(Arguments& arguments) {
    const std::span<uint32_t> columns = arguments.offsets();
    if (columns.size() % 4 != 1) arguments.refuse("a table of four columns and one element");
    const std::span<uint32_t> nodes = arguments.offsets(options.nodes + size_t{1});
    if (!arguments.ok()) return;
    const size_t capacity = columns.size() / 4;
    uint32_t* const first = columns.data() + capacity + 1;
    table = {capacity, columns.data(), first, first + capacity, first + 2 * capacity, nodes.data()};
  }

  void run() noexcept {
    batch::SinkBatch batch;
    status = batch::SinkBatch::parse(block, &batch)
                 ? resp::encode_entries(batch, begin, end, options, output, table, &counts)
                 : resp::Status{resp::Code::kBadArgument, 0};
  }

  Napi::Value result(Napi::Env env) const {
    Napi::Array value = Napi::Array::New(env, 5);
    value.Set(0u, static_cast<double>(status.code));
    value.Set(1u, static_cast<double>(status.detail));
    value.Set(2u, static_cast<double>(counts.entries));
    value.Set(3u, static_cast<double>(counts.commands));
    value.Set(4u, static_cast<double>(counts.ownerless));
    return value;
  }
};

// (key) -> its slot
Napi::Value slot_of_key(const Napi::CallbackInfo& info) {
  Arguments arguments(info, false);
  const std::span<const uint8_t> key = arguments.bytes();
  if (!arguments.ok()) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), resp::slot_of(key));
}

// Used on the JavaScript thread only, by one call at a time.
using ReaderHandle = Handle<HandleKind::kReplyReader, std::shared_ptr<resp::ReplyReader>>;

// (maxReplyBytes) -> reader
Napi::Value create_reply_reader(const Napi::CallbackInfo& info) {
  Arguments arguments(info, false);
  const size_t max_bytes = arguments.number(resp::kMaxReplyBytes);
  if (!arguments.ok()) return info.Env().Undefined();
  return ReaderHandle::make(info.Env(), std::make_shared<resp::ReplyReader>(max_bytes));
}

std::shared_ptr<resp::ReplyReader> read_reader(Arguments& arguments) {
  const auto* const held = ReaderHandle::content_of(arguments.next());
  if (held == nullptr) arguments.refuse("a reader of replies");
  return held != nullptr ? *held : nullptr;
}

constexpr size_t kReplyCounts = 8;

// (reader, chunk, counts, onPool): counts become replies, nodes, bytes of text,
// others, sum of the integers, pending bytes, fault, its offset
Napi::Value push_replies(const Napi::CallbackInfo& info) {
  Arguments arguments(info, false);
  const auto reader = read_reader(arguments);
  const std::span<const uint8_t> chunk = arguments.bytes();
  if (chunk.size() > resp::kMaxReplyBytes) arguments.refuse("a chunk of 2^30 bytes at most");
  arguments.outputs_follow();
  const std::span<double> counts = arguments.doubles(kReplyCounts);
  if (!arguments.ok()) return info.Env().Undefined();
  reader->push(chunk);
  const size_t text = reader->has_text() ? reader->bytes().size() : 0;
  const std::array<double, kReplyCounts> values = {static_cast<double>(reader->count()),
                                                   static_cast<double>(reader->nodes().size()),
                                                   static_cast<double>(text),
                                                   static_cast<double>(reader->others().size()),
                                                   reader->integer_sum(),
                                                   static_cast<double>(reader->pending_bytes()),
                                                   static_cast<double>(reader->fault()),
                                                   static_cast<double>(reader->fault_offset())};
  std::copy(values.begin(), values.end(), counts.begin());
  return info.Env().Undefined();
}

void copy_nodes(std::span<const resp::ReplyNode> nodes, std::span<uint8_t> kinds,
                std::span<uint8_t> errors, std::span<uint64_t> values, std::span<uint32_t> offsets,
                std::span<uint32_t> lengths) {
  for (size_t i = 0; i < nodes.size(); ++i) {
    const resp::ReplyNode& node = nodes[i];
    kinds[i] = static_cast<uint8_t>(node.kind);
    errors[i] = static_cast<uint8_t>(node.error);
    values[i] = static_cast<uint64_t>(node.value);
    offsets[i] = node.offset;
    lengths[i] = node.length;
  }
}

// (reader, kinds, errorKinds, values, offsets, lengths, starts, others, bytes,
// onPool): what the last push gave; arrays that are longer keep their ends
Napi::Value copy_replies(const Napi::CallbackInfo& info) {
  Arguments arguments(info, false);
  const auto reader = read_reader(arguments);
  arguments.outputs_follow();
  const std::span<uint8_t> kinds = arguments.bytes();
  const std::span<uint8_t> errors = arguments.bytes();
  const std::span<uint64_t> values = arguments.words();
  const std::span<uint32_t> offsets = arguments.offsets();
  const std::span<uint32_t> lengths = arguments.offsets();
  const std::span<uint32_t> starts = arguments.offsets();
  const std::span<uint32_t> others = arguments.offsets();
  const std::span<uint8_t> bytes = arguments.bytes();
  if (!arguments.ok()) return info.Env().Undefined();
  const auto nodes = reader->nodes();
  const auto text = reader->has_text() ? reader->bytes() : std::span<const uint8_t>();
  const size_t room =
      std::min({kinds.size(), errors.size(), values.size(), offsets.size(), lengths.size()});
  if (room < nodes.size() || starts.size() < reader->starts().size() ||
      others.size() < reader->others().size() || bytes.size() < text.size()) {
    arguments.refuse("arrays with room for the replies");
    return info.Env().Undefined();
  }
  copy_nodes(nodes, kinds, errors, values, offsets, lengths);
  std::ranges::copy(reader->starts(), starts.begin());
  std::ranges::copy(reader->others(), others.begin());
  std::ranges::copy(text, bytes.begin());
  return info.Env().Undefined();
}

}  // namespace

void export_resp_calls(Napi::Env env, Napi::Object exports) {
  exports.Set("encodeEntries",
              Napi::Function::New(env, batch_call<EncodeEntriesJob>, "encodeEntries"));
  exports.Set("slotOfKey", Napi::Function::New(env, slot_of_key, "slotOfKey"));
  exports.Set("createReplyReader",
              Napi::Function::New(env, create_reply_reader, "createReplyReader"));
  exports.Set("pushReplies", Napi::Function::New(env, push_replies, "pushReplies"));
  exports.Set("copyReplies", Napi::Function::New(env, copy_replies, "copyReplies"));
}

}  // namespace octoload::addon
