#include "file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace octoload::sort {

bool set_direct(int descriptor, bool is_direct) noexcept {
#if defined(O_DIRECT)
  const int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0 || ((flags & O_DIRECT) != 0) == is_direct) return false;
  return fcntl(descriptor, F_SETFL, is_direct ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
#elif defined(F_NOCACHE)
  return fcntl(descriptor, F_NOCACHE, is_direct ? 1 : 0) == 0;
#else
  return false;
#endif
}

Status system_failure(Code code, std::string path, uint64_t offset) {
  return {code, errno, offset, std::move(path)};
}

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) close(descriptor_);
}

Status File::open(std::string path, File* file) {
  // O_NONBLOCK: a FIFO in the file's place must not make the open wait.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return system_failure(Code::kOpenFailed, std::move(path));
  File opened(descriptor, std::move(path));
  struct stat facts;
  if (fstat(descriptor, &facts) != 0) return system_failure(Code::kOpenFailed, opened.path_);
  if (!S_ISREG(facts.st_mode)) return failure(Code::kOpenFailed, 0, opened.path_);
  *file = std::move(opened);
  return {};
}

Status File::read(uint64_t offset, uint8_t* to, size_t size) const {
  while (size > 0) {
    const ssize_t count = pread(descriptor_, to, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure(Code::kReadFailed, path_, offset);
    if (count == 0) return failure(Code::kTruncated, offset, path_);
    to += count;
    offset += static_cast<uint64_t>(count);
    size -= static_cast<size_t>(count);
  }
  return {};
}

void File::bypass_cache() const noexcept {
  // Else through the cache, which then does best to read ahead; advice: a refusal changes nothing.
  if (!set_direct(descriptor_, true)) posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
}

Status File::read_aligned(uint64_t offset, size_t size, const AlignedBuffer& buffer,
                          const uint8_t** at) const {
  const uint64_t begin = aligned_down(offset);
  const auto before = static_cast<size_t>(offset - begin);
  const auto whole = static_cast<size_t>(aligned_up(offset + size) - begin);
  *at = buffer.data() + before;
  size_t done = 0;
  while (done < before + size) {
    const ssize_t count =
        pread(descriptor_, buffer.data() + done, whole - done, static_cast<off_t>(begin + done));
    if (count < 0 && errno == EINTR) continue;
    // A disk of larger sectors, or what a piece of a page leaves behind.
    if (count < 0 && errno == EINVAL && set_direct(descriptor_, false)) continue;
    if (count < 0) return system_failure(Code::kReadFailed, path_, begin + done);
    if (count == 0) return failure(Code::kTruncated, begin + done, path_);
    done += static_cast<size_t>(count);
  }
  return {};
}

Status File::size(uint64_t* bytes) const {
  struct stat facts;
  if (fstat(descriptor_, &facts) != 0) return system_failure(Code::kReadFailed, path_);
  *bytes = static_cast<uint64_t>(facts.st_size);
  return {};
}

}  // namespace octoload::sort
