// encode, decode and the benchmark's yardsticks.
#include "../morton/kernels.h"
#include "../morton/strided.h"
#include "batch_task.h"
#include "calls.h"
#include "handle.h"

namespace octoload::addon {
namespace {

using morton::Codes;
using morton::CodesOut;
using morton::Corner;
using morton::Kernel;
using morton::Levels;
using morton::Points;
using morton::PointsOut;

const Kernel* read_kernel(Arguments& arguments) {
  const std::span<const morton::KernelChoice> choices = morton::kernel_choices();
  const uint32_t index = arguments.number(static_cast<uint32_t>(choices.size() - 1));
  if (arguments.ok() && choices[index].runnable) return choices[index].kernel;
  arguments.refuse("the index of a kernel that runs here");
  return nullptr;
}

Points read_points(Arguments& arguments) {
  const std::span<double> x = arguments.doubles();
  return {x.data(), arguments.doubles(x.size()).data(), arguments.doubles(x.size()).data(),
          x.size()};
}

void read_axes_out(Arguments& arguments, size_t count, PointsOut* out) {
  arguments.outputs_follow();
  out->x = arguments.doubles(count).data();
  out->y = arguments.doubles(count).data();
  out->z = arguments.doubles(count).data();
}

// What the calls that judge rows give back.
struct Rejected {
  size_t rejected = 0;

  Napi::Value result(Napi::Env env) const {
    return Napi::Number::New(env, static_cast<double>(rejected));
  }
};

CodesOut read_codes_out(Arguments& arguments, size_t count) {
  arguments.outputs_follow();
  CodesOut out;
  out.tiles = arguments.codes(count).data();
  out.cells = arguments.halves_or_null(count).data();
  out.status = arguments.bytes(count).data();
  return out;
}

// (kernel, x, y, z, levels, frame, tiles, cells | null, status, onPool) -> rejected
struct EncodeJob : Rejected {
  const Kernel* kernel = nullptr;
  Points points;
  Levels levels;
  Frame frame{};
  CodesOut out;

  static EncodeJob parse(Arguments& arguments) {
    EncodeJob job;
    job.kernel = read_kernel(arguments);
    job.points = read_points(arguments);
    job.levels = arguments.levels(job.points.count);
    job.frame = arguments.frame();
    job.out = read_codes_out(arguments, job.points.count);
    return job;
  }
  void run() noexcept { rejected = kernel->encode(points, levels, frame, out); }
};

// (kernel, xyz, stride, levels, frame, tiles, cells | null, status, onPool) -> rejected
struct EncodeStridedJob : Rejected {
  const Kernel* kernel = nullptr;
  morton::StridedPoints points;
  Levels levels;
  Frame frame{};
  CodesOut out;

  static EncodeStridedJob parse(Arguments& arguments) {
    EncodeStridedJob job;
    job.kernel = read_kernel(arguments);
    const std::span<double> xyz = arguments.doubles();
    job.points.xyz = xyz.data();
    job.points.stride = arguments.number(1u << 20);
    if (job.points.stride < 3) arguments.refuse("a stride of at least 3");
    if (!arguments.ok()) return job;
    // The last point needs its three coordinates, not a whole stride.
    const size_t beyond = xyz.size() % job.points.stride;
    if (beyond != 0 && beyond < 3) arguments.refuse("whole points");
    job.points.count = (xyz.size() + job.points.stride - 3) / job.points.stride;
    job.levels = arguments.levels(job.points.count);
    job.frame = arguments.frame();
    job.out = read_codes_out(arguments, job.points.count);
    return job;
  }
  void run() noexcept { rejected = encode_strided(*kernel, points, levels, frame, out); }
};

// (kernel, tiles, cells | null, levels, corner, frame, x, y, z, status, onPool) -> rejected
struct DecodeJob : Rejected {
  const Kernel* kernel = nullptr;
  Codes codes;
  Levels levels;
  Corner corner = Corner::kCenter;
  Frame frame{};
  PointsOut out;

  static DecodeJob parse(Arguments& arguments) {
    DecodeJob job;
    job.kernel = read_kernel(arguments);
    const std::span<uint64_t> tiles = arguments.codes();
    const size_t count = tiles.size();
    job.codes = {tiles.data(), arguments.halves_or_null(count).data(), count};
    job.levels = arguments.levels(count);
    job.corner = static_cast<Corner>(arguments.number(2));
    job.frame = arguments.frame();
    read_axes_out(arguments, count, &job.out);
    job.out.status = arguments.bytes(count).data();
    return job;
  }
  void run() noexcept { rejected = kernel->decode(codes, levels, corner, frame, out); }
};

// (kernel, x, y, z, out, onPool): an encode's memory traffic and no work
struct CopyInJob {
  const Kernel* kernel = nullptr;
  Points points;
  uint64_t* out = nullptr;

  static CopyInJob parse(Arguments& arguments) {
    CopyInJob job;
    job.kernel = read_kernel(arguments);
    job.points = read_points(arguments);
    arguments.outputs_follow();
    job.out = arguments.codes(job.points.count).data();
    return job;
  }
  void run() noexcept { kernel->copy_in(points, out); }
  Napi::Value result(Napi::Env env) const { return env.Undefined(); }
};

// (kernel, tiles, x, y, z, onPool): a decode's memory traffic and no work
struct CopyOutJob {
  const Kernel* kernel = nullptr;
  Codes codes;
  PointsOut out;

  static CopyOutJob parse(Arguments& arguments) {
    CopyOutJob job;
    job.kernel = read_kernel(arguments);
    const std::span<uint64_t> tiles = arguments.codes();
    job.codes = {tiles.data(), nullptr, tiles.size()};
    read_axes_out(arguments, tiles.size(), &job.out);
    return job;
  }
  void run() noexcept { kernel->copy_out(codes, out); }
  Napi::Value result(Napi::Env env) const { return env.Undefined(); }
};

// (min x, y, z, size x, y, z as one array) -> handle
Napi::Value create_frame(const Napi::CallbackInfo& info) {
  Arguments arguments(info, false);
  const std::span<double> six = arguments.doubles(6);
  if (!arguments.ok()) return info.Env().Undefined();
  return FrameHandle::make(info.Env(), {{six[0], six[1], six[2]}, {six[3], six[4], six[5]}});
}

}  // namespace

void export_morton_calls(Napi::Env env, Napi::Object exports) {
  exports.Set("createFrame", Napi::Function::New(env, create_frame, "createFrame"));
  exports.Set("encode", Napi::Function::New(env, batch_call<EncodeJob>, "encode"));
  exports.Set("encodeStrided",
              Napi::Function::New(env, batch_call<EncodeStridedJob>, "encodeStrided"));
  exports.Set("decode", Napi::Function::New(env, batch_call<DecodeJob>, "decode"));
  exports.Set("copyIn", Napi::Function::New(env, batch_call<CopyInJob>, "copyIn"));
  exports.Set("copyOut", Napi::Function::New(env, batch_call<CopyOutJob>, "copyOut"));
}

}  // namespace octoload::addon
