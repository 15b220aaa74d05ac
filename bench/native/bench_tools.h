// What the native benchmarks share.
#pragma once

#include <cstdint>
#include <ctime>

namespace octoload::bench {

// What this process has used on all threads, user and system.
inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// A bijection of 64 bits that looks random (the finalizer of SplitMix64).
inline uint64_t mix(uint64_t z) {
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

}  // namespace octoload::bench
