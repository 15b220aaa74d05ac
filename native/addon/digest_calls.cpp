// Digests of rows, and sets of them.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "../digest/digest_set.h"
#include "../digest/row_digester.h"
#include "../digest/sha256.h"
#include "batch_task.h"
#include "calls.h"
#include "dictionary_handle.h"
#include "handle.h"

namespace octoload::addon {
namespace {

using digest::RangeSum;
using SharedContext = std::shared_ptr<const digest::RowContext>;
using ContextBox = Handle<HandleKind::kRowContext, SharedContext>;

constexpr size_t kSumWords = sizeof(RangeSum) / sizeof(uint64_t);
constexpr double kNone = -1, kNoBatch = -2;

std::vector<RangeSum> sums_of(std::span<const uint64_t> words) {
  std::vector<RangeSum> sums(words.size() / kSumWords);
  // The defaults of its members are no reason not to: it is trivially copyable.
  void* const to = sums.data();
  if (!sums.empty()) std::memcpy(to, words.data(), sums.size() * sizeof(RangeSum));
  return sums;
}

Napi::Value words_of(Napi::Env env, const std::vector<RangeSum>& sums) {
  Napi::BigUint64Array words = Napi::BigUint64Array::New(env, sums.size() * kSumWords);
  // None where the worker thread that asked has ended meanwhile.
  if (!words.IsEmpty() && !sums.empty()) {
    std::memcpy(words.Data(), sums.data(), sums.size() * sizeof(RangeSum));
  }
  return words;
}

// The sets' numbers, how many names each has, where each name ends, the names.
bool read_column_sets(Arguments& arguments, digest::RowContext* context) {
  const std::span<const uint32_t> numbers = arguments.offsets();
  const std::span<const uint32_t> counts = arguments.offsets(numbers.size());
  const std::span<const uint32_t> ends = arguments.offsets();
  const std::span<const uint8_t> bytes = arguments.bytes();
  size_t next = 0, begin = 0;
  for (size_t set = 0; set < counts.size(); ++set) {
    std::vector<std::string> names;
    if (counts[set] > ends.size() - next) return false;
    for (size_t left = counts[set]; left > 0; --left, ++next) {
      const size_t end = ends[next];
      if (end < begin || end > bytes.size()) return false;
      names.emplace_back(bytes.begin() + static_cast<ptrdiff_t>(begin),
                         bytes.begin() + static_cast<ptrdiff_t>(end));
      begin = end;
    }
    context->column_sets.emplace_back(numbers[set], std::move(names));
  }
  return true;
}

// (frame, dictionaries, setNumbers, nameCounts, nameEnds, names) -> handle, or
// null where the sets contradict themselves
Napi::Value create_row_context(const Napi::CallbackInfo& info) {
  Arguments arguments(info, false);
  auto context = std::make_shared<digest::RowContext>();
  context->frame = arguments.frame();
  const Napi::Value dictionaries = arguments.next();
  if (dictionaries.IsArray()) {
    const Napi::Array list = dictionaries.As<Napi::Array>();
    for (uint32_t i = 0; i < list.Length(); ++i) {
      context->dictionaries.push_back(dictionary_of(list[i]));
      if (context->dictionaries.back() == nullptr) arguments.refuse("a dictionary");
    }
  } else {
    arguments.refuse("an array of dictionaries");
  }
  const bool is_sound = read_column_sets(arguments, context.get());
  if (!arguments.ok()) return info.Env().Undefined();
  if (!is_sound) return info.Env().Null();
  return ContextBox::make(info.Env(), std::move(context));
}

// The next two arguments: a context and a block.
struct BatchArguments {
  SharedContext context;
  std::span<const uint8_t> block;

  static BatchArguments parse(Arguments& arguments) {
    BatchArguments batch;
    const SharedContext* const held = ContextBox::content_of(arguments.next());
    if (held == nullptr) arguments.refuse("a context of rows");
    if (held != nullptr) batch.context = *held;
    batch.block = arguments.aligned_block();
    return batch;
  }
};

// (context, block, begin, end, leftOut, onPool) -> {firstBad, status, sums};
// leftOut: rows that do not count, ascending; firstBad: the first row that has
// no digest, -1: none, -2: the block is no sink batch with these rows
struct DigestBatchJob {
  BatchArguments input;
  uint32_t begin = 0, end = 0;
  std::span<const uint32_t> left_out;
  size_t skipped = 0;  // of left_out
  double first_bad = kNone;
  RowStatus status = kRowOk;
  std::vector<RangeSum> sums;

  static DigestBatchJob parse(Arguments& arguments) {
    DigestBatchJob job;
    job.input = BatchArguments::parse(arguments);
    job.begin = arguments.number(UINT32_MAX);
    job.end = arguments.number(UINT32_MAX);
    job.left_out = arguments.offsets();
    return job;
  }
  void run() noexcept {
    batch::SinkBatch batch;
    if (!batch::SinkBatch::parse(input.block, &batch) || begin > end || end > batch.rows) {
      first_bad = kNoBatch;
      return;
    }
    digest::RowDigester digester(*input.context, batch);
    digest::DigestSums all;
    for (size_t next = wanted(begin); next < end && first_bad == kNone;) {
      const size_t rows[2] = {next, wanted(next + 1)};
      next = wanted(rows[1] + 1);
      digest::Number256 digests[2];
      RowStatus of_rows[2] = {};
      if (rows[1] < end) {
        digester.digest_both(rows[0], rows[1], digests, of_rows);
      } else {
        of_rows[0] = digester.digest(rows[0], digests);
      }
      for (size_t i = 0; i < 2 && rows[i] < end && first_bad == kNone; ++i) {
        status = of_rows[i];
        if (status != kRowOk) {
          first_bad = static_cast<double>(rows[i]);
        } else {
          all.add(range_of(batch, rows[i]), digests[i]);
        }
      }
    }
    if (first_bad == kNone) sums = all.sorted();
  }
  // The first row from this one on that is not left out.
  size_t wanted(size_t row) noexcept {
    for (; skipped < left_out.size() && left_out[skipped] <= row; ++skipped) {
      row += left_out[skipped] == row ? 1 : 0;
    }
    return row;
  }
  static uint64_t range_of(const batch::SinkBatch& batch, size_t row) noexcept {
    return digest::range_of({batch.tiles[row], batch.cells[row], batch.levels[row]});
  }
  Napi::Value result(Napi::Env env) const {
    Napi::Object value = Napi::Object::New(env);
    value.Set("firstBad", first_bad);
    value.Set("status", static_cast<double>(status));
    value.Set("sums", words_of(env, sums));
    return value;
  }
};

// (context, block, rows, digests, status, onPool) -> how many have no digest,
// or -2 where the block is no sink batch with these rows; digests: 32 bytes a
// row, zeros where it has none
struct DigestRowsJob {
  BatchArguments input;
  std::span<const uint32_t> rows;
  std::span<uint8_t> digests, status;
  double bad = 0;

  static DigestRowsJob parse(Arguments& arguments) {
    DigestRowsJob job;
    job.input = BatchArguments::parse(arguments);
    job.rows = arguments.offsets();
    arguments.outputs_follow();
    job.digests = arguments.bytes(job.rows.size() * digest::kDigestBytes);
    job.status = arguments.bytes(job.rows.size());
    return job;
  }
  void run() noexcept {
    batch::SinkBatch batch;
    if (!batch::SinkBatch::parse(input.block, &batch)) {
      bad = kNoBatch;
      return;
    }
    digest::RowDigester digester(*input.context, batch);
    for (size_t i = 0; i < rows.size(); i += 2) {
      digest::Number256 both[2];
      RowStatus of_rows[2] = {};
      const size_t count = std::min<size_t>(2, rows.size() - i);
      const uint32_t first = rows[i], second = rows[i + count - 1];
      if (first >= batch.rows || second >= batch.rows) {
        bad = kNoBatch;
        return;
      }
      digester.digest_both(first, second, both, of_rows);
      for (size_t k = 0; k < count; ++k) {
        status[i + k] = of_rows[k];
        bad += of_rows[k] != kRowOk ? 1 : 0;
        both[k].store(&digests[(i + k) * digest::kDigestBytes]);
      }
    }
  }
  Napi::Value result(Napi::Env env) const { return Napi::Number::New(env, bad); }
};

// (a, b, isDifference, onPool) -> the sum or difference; null where one is no
// set of digests, or `b` no part of `a`
struct CombineJob {
  std::vector<RangeSum> a, b, combined;
  bool is_difference = false, is_sound = false;

  static CombineJob parse(Arguments& arguments) {
    CombineJob job;
    const std::span<const uint64_t> first = arguments.codes();
    const std::span<const uint64_t> second = arguments.codes();
    job.is_difference = arguments.flag();
    job.a = sums_of(first);
    job.b = sums_of(second);
    job.is_sound = first.size() % kSumWords == 0 && second.size() % kSumWords == 0;
    return job;
  }
  void run() noexcept {
    is_sound = is_sound && digest::is_digest_set(a) && digest::is_digest_set(b);
    if (!is_sound) return;
    if (is_difference) {
      is_sound = digest::subtract(a, b, &combined);
    } else {
      combined = digest::add(a, b);
    }
  }
  Napi::Value result(Napi::Env env) const {
    return is_sound ? words_of(env, combined) : env.Null();
  }
};

// (bytes, offsets, isScalar, digests, onPool) -> false where the offsets do not
// ascend within the bytes. For the benchmark and to compare with others.
struct Sha256Job {
  std::span<const uint8_t> bytes;
  std::span<const uint32_t> offsets;
  bool is_scalar = false;
  std::span<uint8_t> digests;
  bool is_sound = true;

  static Sha256Job parse(Arguments& arguments) {
    Sha256Job job;
    job.bytes = arguments.bytes();
    job.offsets = arguments.offsets();
    job.is_scalar = arguments.flag();
    arguments.outputs_follow();
    const size_t messages = job.offsets.empty() ? 0 : job.offsets.size() - 1;
    job.digests = arguments.bytes(messages * digest::kDigestBytes);
    return job;
  }
  void run() noexcept {
    digest::Sha256 sha(is_scalar ? &digest::sha_blocks_scalar : digest::sha_blocks());
    for (size_t i = 0; i + 1 < offsets.size(); ++i) {
      const uint32_t begin = offsets[i], end = offsets[i + 1];
      if (begin > end || end > bytes.size()) {
        is_sound = false;
        return;
      }
      sha.begin();
      sha.put(bytes.data() + begin, end - begin);
      digest::Number256::of(sha.finish()).store(&digests[i * digest::kDigestBytes]);
    }
  }
  Napi::Value result(Napi::Env env) const { return Napi::Boolean::New(env, is_sound); }
};

}  // namespace

void export_digest_calls(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, auto call) {
    exports.Set(name, Napi::Function::New(env, call, name));
  };
  add("createRowContext", create_row_context);
  add("digestBatch", batch_call<DigestBatchJob>);
  add("digestRows", batch_call<DigestRowsJob>);
  add("combineDigests", batch_call<CombineJob>);
  add("sha256Rows", batch_call<Sha256Job>);
}

}  // namespace octoload::addon
