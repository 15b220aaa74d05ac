// Memory that a disk can be read into and written from without the system's
// cache in between: it begins at a multiple of kDirectAlignment. Much of it comes
// from the system and goes back there at once: an allocator keeps what threads
// free, a heap for each of them, and a long merge would hold many times what it uses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace octoload::sort {

// Of memory, offsets and sizes of direct transfers: no common disk asks for more.
inline constexpr size_t kDirectAlignment = 4096;

inline constexpr uint64_t aligned_down(uint64_t bytes) noexcept {
  return bytes / kDirectAlignment * kDirectAlignment;
}
inline constexpr uint64_t aligned_up(uint64_t bytes) noexcept {
  return aligned_down(bytes + kDirectAlignment - 1);
}

struct AlignedDelete {
  size_t bytes = 0;
  void operator()(uint8_t* memory) const noexcept;
};

class AlignedBuffer {
 public:
  // Memory of at least so many bytes in place of what it had; false: there is none.
  bool make(size_t bytes) noexcept;

  uint8_t* data() const noexcept { return memory_.get(); }
  size_t size() const noexcept { return memory_.get_deleter().bytes; }

 private:
  std::unique_ptr<uint8_t, AlignedDelete> memory_;
};

}  // namespace octoload::sort
