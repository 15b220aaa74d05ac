// LZ4 alone, row by row, for the benchmark: what the envelope's own work costs
// and saves is shown beside it.
#include <lz4.h>

#include "batch_task.h"
#include "calls.h"

namespace octoload::addon {
namespace {

// Bounded by the caller's offsets, which are read once each.
template <class Function>
size_t for_each_row(std::span<const uint8_t> bytes, std::span<const uint32_t> offsets,
                    Function function) {
  size_t total = 0;
  for (size_t row = 0; row + 1 < offsets.size(); ++row) {
    const uint32_t begin = offsets[row];
    const uint32_t end = offsets[row + 1];
    if (begin > end || end > bytes.size()) return 0;
    total += function(bytes.subspan(begin, end - begin), total, row);
  }
  return total;
}

const char* chars(const uint8_t* bytes) { return reinterpret_cast<const char*>(bytes); }
char* chars(uint8_t* bytes) { return reinterpret_cast<char*>(bytes); }

// (bytes, offsets, out, outOffsets, onPool) -> bytes written; blocks one after another
struct CompressRowsJob {
  std::span<const uint8_t> bytes;
  std::span<const uint32_t> offsets;
  std::span<uint8_t> out;
  std::span<uint32_t> out_offsets;
  size_t written = 0;

  static CompressRowsJob parse(Arguments& arguments) {
    CompressRowsJob job;
    job.bytes = arguments.bytes();
    job.offsets = arguments.offsets();
    arguments.outputs_follow();
    job.out = arguments.bytes();
    job.out_offsets = arguments.offsets(job.offsets.size());
    return job;
  }
  void run() noexcept {
    written = for_each_row(bytes, offsets, [&](auto row, size_t at, size_t index) {
      const size_t room = at < out.size() ? out.size() - at : 0;
      const int made = LZ4_compress_default(chars(row.data()), chars(out.data() + at),
                                            static_cast<int>(row.size()), static_cast<int>(room));
      out_offsets[index] = static_cast<uint32_t>(at);
      out_offsets[index + 1] = static_cast<uint32_t>(at + static_cast<size_t>(made));
      return static_cast<size_t>(made);
    });
  }
  Napi::Value result(Napi::Env env) const {
    return Napi::Number::New(env, static_cast<double>(written));
  }
};

// (blocks, offsets, out, onPool) -> bytes written
struct DecompressRowsJob {
  std::span<const uint8_t> blocks;
  std::span<const uint32_t> offsets;
  std::span<uint8_t> out;
  size_t written = 0;

  static DecompressRowsJob parse(Arguments& arguments) {
    DecompressRowsJob job;
    job.blocks = arguments.bytes();
    job.offsets = arguments.offsets();
    arguments.outputs_follow();
    job.out = arguments.bytes();
    return job;
  }
  void run() noexcept {
    written = for_each_row(blocks, offsets, [&](auto row, size_t at, size_t) {
      const int made =
          LZ4_decompress_safe(chars(row.data()), chars(out.data() + at),
                              static_cast<int>(row.size()), static_cast<int>(out.size() - at));
      return static_cast<size_t>(made < 0 ? 0 : made);
    });
  }
  Napi::Value result(Napi::Env env) const {
    return Napi::Number::New(env, static_cast<double>(written));
  }
};

}  // namespace

void export_lz4_calls(Napi::Env env, Napi::Object exports) {
  exports.Set("lz4CompressRows",
              Napi::Function::New(env, batch_call<CompressRowsJob>, "lz4CompressRows"));
  exports.Set("lz4DecompressRows",
              Napi::Function::New(env, batch_call<DecompressRowsJob>, "lz4DecompressRows"));
}

}  // namespace octoload::addon
