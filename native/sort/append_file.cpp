#include "append_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "file.h"

namespace octoload::sort {

AppendFile::~AppendFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Status AppendFile::create(std::string path, size_t buffer_bytes) {
  path_ = std::move(path);
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                       S_IRUSR | S_IWUSR);
  if (descriptor_ < 0) return system_failure(Code::kOpenFailed, path_);
  if (buffer_bytes == 0 || !set_direct(descriptor_, true)) return {};
  return buffer_.make(buffer_bytes) ? Status{} : failure(Code::kNoMemory, buffer_bytes);
}

Status AppendFile::append(std::span<iovec> pieces) {
  if (buffer_.size() == 0) return write(pieces);
  for (const iovec& piece : pieces) {
    const auto* from = static_cast<const uint8_t*>(piece.iov_base);
    size_t left = piece.iov_len;
    while (left > 0) {
      const size_t taken = std::min(left, buffer_.size() - buffered_);
      std::memcpy(buffer_.data() + buffered_, from, taken);
      from += taken;
      left -= taken;
      buffered_ += taken;
      if (buffered_ < buffer_.size()) continue;
      Status status = write_buffer();
      if (!status.ok()) return status;
    }
  }
  return {};
}

Status AppendFile::write_buffer() {
  iovec piece = {buffer_.data(), buffered_};
  Status status = write({&piece, 1});
  if (status.ok()) buffered_ = 0;
  return status;
}

Status AppendFile::write(std::span<iovec> pieces) {
  while (!pieces.empty()) {
    if (pieces.front().iov_len == 0) {
      pieces = pieces.subspan(1);
      continue;
    }
    const ssize_t count = writev(descriptor_, pieces.data(), static_cast<int>(pieces.size()));
    if (count < 0 && errno == EINTR) continue;
    // A disk of larger sectors, or what a full one left of a page.
    if (count < 0 && errno == EINVAL && set_direct(descriptor_, false)) continue;
    if (count <= 0) return {Code::kWriteFailed, count < 0 ? errno : 0, written_, path_};
    auto left = static_cast<size_t>(count);
    written_ += left;
    for (iovec& piece : pieces) {
      const size_t taken = std::min(left, piece.iov_len);
      piece.iov_base = static_cast<uint8_t*>(piece.iov_base) + taken;
      piece.iov_len -= taken;
      left -= taken;
    }
  }
  return {};
}

Status AppendFile::finish() {
  if (buffered_ > 0) {
    // The last piece is no whole page.
    set_direct(descriptor_, false);
    Status status = write_buffer();
    if (!status.ok()) return status;
  }
  if (fsync(descriptor_) != 0) return system_failure(Code::kSyncFailed, path_);
  return {};
}

}  // namespace octoload::sort
