// Memory that is used again for every batch and never cleared: a vector would
// write zeros before each use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

namespace octoload::load {

class Scratch {
 public:
  // At least so many bytes, whose content is arbitrary; what was there is lost
  // when it grows. nullptr: the system gave no memory.
  uint8_t* reserve(size_t bytes) noexcept {
    if (bytes > size_ || memory_ == nullptr) {
      memory_.reset();
      size_ = 0;
      // malloc(0) may give nullptr, which here means that there is no memory.
      memory_.reset(static_cast<uint8_t*>(std::malloc(bytes != 0 ? bytes : 1)));
      if (memory_ != nullptr) size_ = bytes;
    }
    return memory_.get();
  }
  uint8_t* data() const noexcept { return memory_.get(); }
  size_t size() const noexcept { return size_; }

 private:
  struct Free {
    void operator()(uint8_t* memory) const noexcept { std::free(memory); }
  };
  std::unique_ptr<uint8_t, Free> memory_;
  size_t size_ = 0;
};

}  // namespace octoload::load
