// CPU time of the calling thread, in ns.
#pragma once

#include <cstdint>
#include <ctime>

namespace octoload::load {

inline uint64_t thread_cpu_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

// Adds the time from its making to its end to `*total`.
class Stopwatch {
 public:
  explicit Stopwatch(uint64_t* total) noexcept : total_(total), start_(thread_cpu_ns()) {}
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() { *total_ += thread_cpu_ns() - start_; }

 private:
  uint64_t* total_;
  uint64_t start_;
};

}  // namespace octoload::load
