// A file with its path, so that every failure says where.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "status.h"

namespace octoload::sort {

class File {
 public:
  File() = default;
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  // A new, empty file for writing, private to the user (0600).
  static Status create(std::string path, File* file);
  // An existing regular file for reading; symbolic links are not followed.
  static Status open(std::string path, File* file);

  // Writes all pieces one after the other at the end; `pieces` is used up.
  Status append(std::span<iovec> pieces);
  // Reads exactly `size` bytes: kTruncated when the file ends before.
  Status read(uint64_t offset, uint8_t* to, size_t size) const;
  Status sync();
  Status size(uint64_t* bytes) const;

  const std::string& path() const noexcept { return path_; }
  uint64_t written() const noexcept { return written_; }

 private:
  File(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}

  int descriptor_ = -1;
  uint64_t written_ = 0;
  std::string path_;
};

// The failure of a system call, errno included.
Status system_failure(Code code, std::string path, uint64_t offset = 0);

}  // namespace octoload::sort
