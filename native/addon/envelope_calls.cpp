// Envelopes in batches.
#include "../envelope/envelope.h"

#include <cmath>
#include <utility>
#include <vector>

#include "batch_task.h"
#include "calls.h"
#include "dictionary_handle.h"

namespace octoload::addon {
namespace {

constexpr double kOverflow = -1;  // in place of a count: the output was too small

// Columns and what they point into, so that a pool thread can hold both.
struct ColumnArguments {
  envelope::Columns columns;
  std::vector<envelope::ValueColumn> extras;

  // Spans into `extras`; only to be used while this object stays where it is.
  envelope::Columns view() const {
    envelope::Columns whole = columns;
    whole.extras = extras;
    return whole;
  }

  // x, y, z, tiles, cells | null, levels, id, density, created, metadata, the
  // originals of x, y, z, level, material (each column kinds, slots), column
  // set, extras, bytes
  static ColumnArguments parse(Arguments& arguments) {
    ColumnArguments all;
    envelope::Columns& columns = all.columns;
    const std::span<double> x = arguments.doubles();
    columns.count = x.size();
    columns.xyz[0] = x.data();
    columns.xyz[1] = arguments.doubles(x.size()).data();
    columns.xyz[2] = arguments.doubles(x.size()).data();
    columns.keys = arguments.keys(x.size());
    columns.id = arguments.column(x.size());
    columns.density = arguments.column(x.size());
    columns.created = arguments.column(x.size());
    columns.metadata = arguments.column(x.size());
    for (envelope::ValueColumn& original : columns.originals) {
      original = arguments.original(x.size());
    }
    columns.column_set = arguments.number(UINT32_MAX);
    all.extras = arguments.columns(x.size());
    columns.bytes = arguments.bytes();
    return all;
  }
};

// (columns..., onPool) -> bytes that suffice, Infinity when over the limit
struct EncodeBoundJob {
  ColumnArguments input;
  size_t bound = 0;

  static EncodeBoundJob parse(Arguments& arguments) { return {ColumnArguments::parse(arguments)}; }
  void run() noexcept { bound = envelope::encode_bound(input.view()); }
  Napi::Value result(Napi::Env env) const {
    return Napi::Number::New(env, bound == SIZE_MAX ? HUGE_VAL : static_cast<double>(bound));
  }
};

// (columns..., frame, dictionary | null, bytes, offsets, status, onPool) -> rejected or -1
struct EncodeEnvelopesJob {
  ColumnArguments input;
  Frame frame{};
  DictionaryHandle dictionary;
  envelope::EncodeOutput out;
  envelope::BatchResult done;

  static EncodeEnvelopesJob parse(Arguments& arguments) {
    EncodeEnvelopesJob job;
    job.input = ColumnArguments::parse(arguments);
    const size_t count = job.input.columns.count;
    job.frame = arguments.frame();
    const Napi::Value dictionary = arguments.next();
    job.dictionary = dictionary_of(dictionary);
    if (job.dictionary == nullptr && !dictionary.IsNull()) arguments.refuse("a dictionary or null");
    arguments.outputs_follow();
    job.out.bytes = arguments.bytes();
    job.out.offsets = arguments.offsets(count + 1).data();
    job.out.status = arguments.bytes(count).data();
    return job;
  }
  void run() noexcept { done = envelope::encode(input.view(), frame, dictionary.get(), out); }
  Napi::Value result(Napi::Env env) const {
    return Napi::Number::New(env, done.overflow ? kOverflow : static_cast<double>(done.rejected));
  }
};

// tiles, cells | null, levels, bytes, offsets
envelope::Envelopes read_envelopes(Arguments& arguments) {
  envelope::Envelopes envelopes;
  envelopes.count = arguments.peek_length();
  envelopes.keys = arguments.keys(envelopes.count);
  envelopes.bytes = arguments.bytes();
  envelopes.offsets = arguments.offsets(envelopes.count + 1).data();
  return envelopes;
}

// (envelopes..., onPool) -> [bytes, extra columns]
struct DecodeBoundJob {
  envelope::Envelopes envelopes;
  envelope::DecodeBound bound;

  static DecodeBoundJob parse(Arguments& arguments) { return {read_envelopes(arguments), {}}; }
  void run() noexcept { bound = envelope::decode_bound(envelopes); }
  Napi::Value result(Napi::Env env) const {
    Napi::Array pair = Napi::Array::New(env, 2);
    pair.Set(0u, bound.bytes == SIZE_MAX ? HUGE_VAL : static_cast<double>(bound.bytes));
    pair.Set(1u, bound.extra_columns);
    return pair;
  }
};

// (envelopes..., frame, dictionaries, x, y, z, id, density, created, metadata,
//  originals of x, y, z, level, material, column sets, extras, bytes, status,
//  onPool) -> [rejected or -1, bytes used]
struct DecodeEnvelopesJob {
  envelope::Envelopes envelopes;
  Frame frame{};
  std::vector<DictionaryHandle> dictionaries;
  envelope::DecodeOutput out;
  std::vector<envelope::MutableValueColumn> extras;
  envelope::BatchResult done;
  size_t bytes_used = 0;

  static DecodeEnvelopesJob parse(Arguments& arguments) {
    DecodeEnvelopesJob job;
    job.envelopes = read_envelopes(arguments);
    job.frame = arguments.frame();
    job.read_dictionaries(arguments);
    job.read_output(arguments);
    return job;
  }

  void read_dictionaries(Arguments& arguments) {
    const Napi::Value value = arguments.next();
    if (!value.IsArray()) return arguments.refuse("an array of dictionaries");
    const Napi::Array list = value.As<Napi::Array>();
    for (uint32_t i = 0; i < list.Length(); ++i) {
      dictionaries.push_back(dictionary_of(list[i]));
      if (dictionaries.back() == nullptr) arguments.refuse("a dictionary");
    }
  }

  void read_output(Arguments& arguments) {
    const size_t count = envelopes.count;
    arguments.outputs_follow();
    for (double*& axis : out.xyz) axis = arguments.doubles(count).data();
    out.id = arguments.mutable_column(count);
    out.density = arguments.mutable_column(count);
    out.created = arguments.mutable_column(count);
    out.metadata = arguments.mutable_column(count);
    for (envelope::MutableValueColumn& original : out.originals) {
      original = arguments.mutable_column(count);
    }
    out.column_sets = arguments.offsets(count).data();
    extras = arguments.mutable_columns(count);
    out.bytes = arguments.bytes();
    out.status = arguments.bytes(count).data();
  }

  void run() noexcept {
    std::vector<const envelope::Dictionary*> known;
    for (const DictionaryHandle& handle : dictionaries) known.push_back(handle.get());
    out.extras = extras;
    done = envelope::decode(envelopes, frame, known, out, &bytes_used);
  }

  Napi::Value result(Napi::Env env) const {
    Napi::Array pair = Napi::Array::New(env, 2);
    pair.Set(0u, done.overflow ? kOverflow : static_cast<double>(done.rejected));
    pair.Set(1u, static_cast<double>(bytes_used));
    return pair;
  }
};

}  // namespace

void export_envelope_calls(Napi::Env env, Napi::Object exports) {
  exports.Set("envelopeEncodeBound",
              Napi::Function::New(env, batch_call<EncodeBoundJob>, "envelopeEncodeBound"));
  exports.Set("envelopeEncode",
              Napi::Function::New(env, batch_call<EncodeEnvelopesJob>, "envelopeEncode"));
  exports.Set("envelopeDecodeBound",
              Napi::Function::New(env, batch_call<DecodeBoundJob>, "envelopeDecodeBound"));
  exports.Set("envelopeDecode",
              Napi::Function::New(env, batch_call<DecodeEnvelopesJob>, "envelopeDecode"));
}

}  // namespace octoload::addon
