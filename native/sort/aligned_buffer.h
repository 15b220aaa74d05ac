// Memory that a disk can be read into and written from without the system's
// cache in between: it begins at a multiple of kDirectAlignment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace octoload::sort {

// Of memory, offsets and sizes of direct transfers: no common disk asks for more.
inline constexpr size_t kDirectAlignment = 4096;

inline constexpr uint64_t aligned_down(uint64_t bytes) noexcept {
  return bytes / kDirectAlignment * kDirectAlignment;
}
inline constexpr uint64_t aligned_up(uint64_t bytes) noexcept {
  return aligned_down(bytes + kDirectAlignment - 1);
}

class AlignedBuffer {
 public:
  // Memory of at least so many bytes in place of what it had; false: there is none.
  bool make(size_t bytes) noexcept {
    memory_.reset();  // first, so that never two of them are held
    bytes_ = 0;
    memory_.reset(static_cast<uint8_t*>(
        ::operator new(aligned_up(bytes), std::align_val_t{kDirectAlignment}, std::nothrow)));
    if (memory_ != nullptr) bytes_ = aligned_up(bytes);
    return memory_ != nullptr;
  }

  uint8_t* data() const noexcept { return memory_.get(); }
  size_t size() const noexcept { return bytes_; }

 private:
  struct Delete {
    void operator()(uint8_t* memory) const noexcept {
      ::operator delete(memory, std::align_val_t{kDirectAlignment});
    }
  };
  std::unique_ptr<uint8_t, Delete> memory_;
  size_t bytes_ = 0;
};

}  // namespace octoload::sort
