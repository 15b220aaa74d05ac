// A complete run, opened for reading: its facts and its index of blocks.
// Immutable, so any number of cursors read it at once.
#pragma once

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

  // Reads a whole block into `to` and checks it.
  Status read_block(size_t number, uint8_t* to) const;
  // Reads and checks all blocks.
  Status verify() const;

 private:
  Status read_header();
  Status read_footer();
  Status read_tail(std::span<const uint8_t> identity);
  bool read_blocks(const uint8_t* tail);
  Status damaged(uint64_t offset) const { return failure(Code::kDamaged, offset, file_.path()); }

  File file_;
  RunName name_ = {};
  size_t key_bytes_ = 0;
  RunFooter footer_ = {};
  std::vector<BlockFacts> blocks_;
  std::vector<uint8_t> mark_;
};

}  // namespace octoload::sort
