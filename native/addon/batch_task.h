// Runs a batch at once, or on libuv's pool behind a promise.
#pragma once

#include <napi.h>

#include <memory>
#include <utility>
#include <vector>

#include "arguments.h"

namespace octoload::addon {

// A Job is plain data: parsed from arguments on the JavaScript thread, then
//   void run() noexcept           touches no JavaScript;
//   Napi::Value result(Napi::Env) makes the call's value.
template <class Job>
class BatchWorker : public Napi::AsyncWorker {
 public:
  BatchWorker(Napi::Env env, Job job, std::vector<std::shared_ptr<void>> pins)
      : Napi::AsyncWorker(env, "octoload"),
        job_(std::move(job)),
        pins_(std::move(pins)),
        deferred_(Napi::Promise::Deferred::New(env)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override { job_.run(); }
  void OnOK() override { deferred_.Resolve(job_.result(Env())); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Job job_;
  std::vector<std::shared_ptr<void>> pins_;
  Napi::Promise::Deferred deferred_;
};

// The last argument of every batch call says whether to run on the pool.
// Job::parse(Arguments&) reads those before it.
template <class Job>
Napi::Value batch_call(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Value last = info[info.Length() == 0 ? 0 : info.Length() - 1];
  const bool on_pool = last.IsBoolean() && last.As<Napi::Boolean>().Value();
  Arguments arguments(info, on_pool);
  Job job = Job::parse(arguments);
  arguments.flag();
  if (!arguments.ok()) return env.Undefined();
  if (!on_pool) {
    job.run();
    return job.result(env);
  }
  // The worker deletes itself when its promise is settled: Node-API's own rule.
  auto worker = std::make_unique<BatchWorker<Job>>(env, std::move(job), arguments.take_pins());
  const Napi::Promise promise = worker->promise();
  worker.release()->Queue();
  return promise;
}

}  // namespace octoload::addon
