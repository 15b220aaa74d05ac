#include "aligned_buffer.h"

#include <sys/mman.h>

#include <new>

namespace octoload::sort {
namespace {

// Less than this an allocator gives sooner, and what it keeps is little.
constexpr size_t kMappedBytes = 128u << 10;

uint8_t* allocate(size_t bytes) noexcept {
  if (bytes < kMappedBytes) {
    return static_cast<uint8_t*>(
        ::operator new(bytes, std::align_val_t{kDirectAlignment}, std::nothrow));
  }
  void* const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<uint8_t*>(memory);
}

}  // namespace

bool AlignedBuffer::make(size_t bytes) noexcept {
  memory_.reset();  // first, so that never two of them are held
  const auto wanted = static_cast<size_t>(aligned_up(bytes));
  memory_ = {allocate(wanted), {}};
  memory_.get_deleter().bytes = memory_ != nullptr ? wanted : 0;
  return memory_ != nullptr;
}

void AlignedDelete::operator()(uint8_t* memory) const noexcept {
  if (bytes < kMappedBytes) {
    ::operator delete(memory, std::align_val_t{kDirectAlignment});
  } else {
    munmap(memory, bytes);
  }
}

}  // namespace octoload::sort
