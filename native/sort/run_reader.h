// Reads the records of one run within a range, a block at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "range.h"
#include "run_file.h"
#include "status.h"

namespace octoload::sort {

class RunReader {
 public:
  // `window_bytes`: how much to read at once where a block takes less.
  RunReader(std::shared_ptr<const RunFile> run, uint64_t window_bytes) noexcept;

  // Goes to the first record of the range; done() when there is none.
  Status seek(const Range& range);

  bool is_done() const noexcept { return left_ == 0; }
  // Of the record it stands on; not when done.
  const uint8_t* key() const noexcept { return key_; }
  uint64_t first_word() const noexcept { return first_word_; }
  const uint8_t* payload() const noexcept { return payload_; }
  uint32_t payload_bytes() const noexcept { return load<uint32_t>(size_); }

  // false: the next block cannot be read, see status().
  bool advance() noexcept {
    payload_ += payload_bytes();
    key_ += key_bytes_;
    size_ += kSizeBytes;
    if (--left_ == 0) return next_block();
    first_word_ = load_big_endian(key_);
    return true;
  }
  const Status& status() const noexcept { return status_; }

 private:
  bool next_block() noexcept;
  bool read_window() noexcept;
  bool make_buffer(uint64_t bytes) noexcept;
  void skip(size_t records) noexcept;

  std::shared_ptr<const RunFile> run_;
  size_t key_bytes_;
  uint64_t window_bytes_;
  size_t block_ = 0;  // the next one to read
  std::optional<Key> upper_;
  AlignedBuffer buffer_;
  RunFile::Window window_;  // what is in it
  Status status_;

  const uint8_t* key_ = nullptr;
  const uint8_t* size_ = nullptr;
  const uint8_t* payload_ = nullptr;
  size_t left_ = 0;  // records of this block, the current one included
  uint64_t first_word_ = 0;
};

}  // namespace octoload::sort
