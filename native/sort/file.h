// A run file that is read, with its path, so that every failure says where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "aligned_buffer.h"
#include "status.h"

namespace octoload::sort {

class File {
 public:
  File() = default;
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  // An existing regular file; symbolic links are not followed.
  static Status open(std::string path, File* file);

  // Reads exactly `size` bytes: kTruncated when the file ends before.
  Status read(uint64_t offset, uint8_t* to, size_t size) const;
  Status size(uint64_t* bytes) const;

  // From here on large reads are to leave the system's cache alone, where the file system can do
  // that: copying through it costs more than the rest of reading does.
  void bypass_cache() const noexcept;
  // What read_aligned() needs at most for so many bytes.
  static constexpr uint64_t buffer_bytes_of(uint64_t size) noexcept {
    return aligned_up(size) + kDirectAlignment;
  }
  // As read(), into whole pages of `buffer`; `*at` is where the first byte came to lie.
  Status read_aligned(uint64_t offset, size_t size, const AlignedBuffer& buffer,
                      const uint8_t** at) const;

  const std::string& path() const noexcept { return path_; }

 private:
  File(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}

  int descriptor_ = -1;
  std::string path_;
};

// Direct transfers on or off. false: this system or file system has none.
bool set_direct(int descriptor, bool is_direct) noexcept;

// The failure of a system call, errno included.
Status system_failure(Code code, std::string path, uint64_t offset = 0);

}  // namespace octoload::sort
