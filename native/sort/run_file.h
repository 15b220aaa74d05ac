// A complete run, opened for reading: its facts and its index of blocks.
// Immutable, so any number of cursors read it at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "file.h"
#include "run_folder.h"
#include "run_layout.h"
#include "status.h"

namespace octoload::sort {

class RunFile {
 public:
  // Checks everything but the blocks, which are checked as they are read.
  static Status open(const RunFolder& folder, RunName name, size_t key_bytes,
                     std::span<const uint8_t> identity, std::shared_ptr<const RunFile>* run);

  RunName name() const noexcept { return name_; }
  const RunFooter& facts() const noexcept { return footer_; }
  bool is_final() const noexcept { return (footer_.flags & kFlagFinal) != 0; }
  std::span<const uint8_t> mark() const noexcept { return mark_; }
  size_t key_bytes() const noexcept { return key_bytes_; }
  std::span<const BlockFacts> blocks() const noexcept { return blocks_; }

  // The block in which records with a key of at least `bound` may begin.
  size_t first_block_of(const Key& bound) const noexcept;

  // A buffer for the largest block; one for `block`, which does for all but those of a single
  // large record.
  uint64_t buffer_bytes() const noexcept {
    return File::buffer_bytes_of(std::max(footer_.largest_block_bytes, target_bytes_));
  }
  uint64_t buffer_bytes_of(const BlockFacts& block) const noexcept {
    return File::buffer_bytes_of(std::max<uint64_t>(block_bytes(block), target_bytes_));
  }

  // Blocks that were read at once: [begin, end), one after the other from `at` on.
  struct Window {
    size_t begin = 0;
    size_t end = 0;
    const uint8_t* at = nullptr;
  };
  // Reads a block, and as many of those behind it as the buffer has room for.
  Status read_window(size_t first, const AlignedBuffer& buffer, Window* window) const;
  // A block of the window, checked.
  Status block_in(const Window& window, size_t number, const uint8_t** block) const;
  // Reads and checks all blocks.
  Status verify() const;

 private:
  Status read_header();
  Status read_footer();
  Status read_tail(std::span<const uint8_t> identity);
  bool read_blocks(const uint8_t* tail);
  uint64_t block_bytes(const BlockFacts& block) const noexcept {
    return block_bytes_of(block.records, block.payload_bytes, key_bytes_);
  }
  Status damaged(uint64_t offset) const { return failure(Code::kDamaged, offset, file_.path()); }

  File file_;
  RunName name_ = {};
  size_t key_bytes_ = 0;
  uint32_t target_bytes_ = 0;  // of a block
  RunFooter footer_ = {};
  std::vector<BlockFacts> blocks_;
  std::vector<uint8_t> mark_;
};

}  // namespace octoload::sort
