// A new file that is written from its beginning to its end, past the system's cache where the
// file system allows: a sort writes more than any cache keeps, and copying into fresh pages of
// it took a fifth of a load's processor time.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "aligned_buffer.h"
#include "status.h"

namespace octoload::sort {

class AppendFile {
 public:
  AppendFile() = default;
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  ~AppendFile();

  // Private to the user (0600). `buffer_bytes`: of the writes that bypass the cache; 0: through it.
  Status create(std::string path, size_t buffer_bytes);

  // Writes all pieces one after the other at the end; `pieces` is used up.
  Status append(std::span<iovec> pieces);
  // Everything appended is on the disk; nothing can be appended any more.
  Status finish();

  const std::string& path() const noexcept { return path_; }
  // Bytes appended.
  uint64_t size() const noexcept { return written_ + buffered_; }

 private:
  Status write(std::span<iovec> pieces);
  Status write_buffer();

  int descriptor_ = -1;
  uint64_t written_ = 0;
  std::string path_;
  AlignedBuffer buffer_;  // none: pieces go to the system as they come
  size_t buffered_ = 0;
};

}  // namespace octoload::sort
