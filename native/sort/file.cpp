#include "file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace octoload::sort {

Status system_failure(Code code, std::string path, uint64_t offset) {
  return {code, errno, offset, std::move(path)};
}

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      written_(other.written_),
      path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(written_, other.written_);
  std::swap(path_, other.path_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) close(descriptor_);
}

Status File::create(std::string path, File* file) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                                S_IRUSR | S_IWUSR);
  if (descriptor < 0) return system_failure(Code::kOpenFailed, std::move(path));
  *file = File(descriptor, std::move(path));
  return {};
}

Status File::open(std::string path, File* file) {
  // O_NONBLOCK: a FIFO in the file's place must not make the open wait.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return system_failure(Code::kOpenFailed, std::move(path));
  File opened(descriptor, std::move(path));
  struct stat facts;
  if (fstat(descriptor, &facts) != 0) return system_failure(Code::kOpenFailed, opened.path_);
  if (!S_ISREG(facts.st_mode)) return failure(Code::kOpenFailed, 0, opened.path_);
  posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);  // advice: a refusal changes nothing
  *file = std::move(opened);
  return {};
}

Status File::append(std::span<iovec> pieces) {
  while (!pieces.empty()) {
    if (pieces.front().iov_len == 0) {
      pieces = pieces.subspan(1);
      continue;
    }
    const ssize_t count = writev(descriptor_, pieces.data(), static_cast<int>(pieces.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return {Code::kWriteFailed, count < 0 ? errno : 0, written_, path_};
    auto left = static_cast<size_t>(count);
    written_ += left;
    for (iovec& piece : pieces) {
      const size_t taken = left < piece.iov_len ? left : piece.iov_len;
      piece.iov_base = static_cast<uint8_t*>(piece.iov_base) + taken;
      piece.iov_len -= taken;
      left -= taken;
    }
  }
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

Status File::sync() {
  if (fsync(descriptor_) != 0) return system_failure(Code::kSyncFailed, path_);
  return {};
}

Status File::size(uint64_t* bytes) const {
  struct stat facts;
  if (fstat(descriptor_, &facts) != 0) return system_failure(Code::kReadFailed, path_);
  *bytes = static_cast<uint64_t>(facts.st_size);
  return {};
}

}  // namespace octoload::sort
