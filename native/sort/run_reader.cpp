#include "run_reader.h"

#include <algorithm>
#include <utility>

namespace octoload::sort {
namespace {

// A buffer that one large record needed is given back at the next small block.
constexpr size_t kKeptFactor = 4;

}  // namespace

RunReader::RunReader(std::shared_ptr<const RunFile> run, uint64_t window_bytes) noexcept
    : run_(std::move(run)), key_bytes_(run_->key_bytes()), window_bytes_(window_bytes) {}

Status RunReader::seek(const Range& range) {
  upper_ = range.upper;
  block_ = range.lower ? run_->first_block_of(*range.lower) : 0;
  if (!next_block()) return status_;
  while (range.lower && left_ != 0) {
    const size_t below = count_below(key_, left_, key_bytes_, *range.lower);
    skip(below);
    if (left_ != 0 || below == 0) break;
    if (!next_block()) return status_;
  }
  return {};
}

// Within the block; may leave none.
void RunReader::skip(size_t records) noexcept {
  for (size_t i = 0; i < records; ++i) payload_ += load<uint32_t>(size_ + i * kSizeBytes);
  key_ += records * key_bytes_;
  size_ += records * kSizeBytes;
  left_ -= records;
  if (left_ != 0) first_word_ = load_big_endian(key_);
}

bool RunReader::next_block() noexcept {
  left_ = 0;
  if (block_ == run_->blocks().size()) return true;
  const BlockFacts& facts = run_->blocks()[block_];
  if (upper_ && std::memcmp(facts.first_key.data(), upper_->data(), key_bytes_) >= 0) {
    block_ = run_->blocks().size();
    return true;
  }
  if (block_ >= window_.end && !read_window()) return false;
  const uint8_t* block = nullptr;
  status_ = run_->block_in(window_, block_, &block);
  if (!status_.ok()) return false;
  ++block_;
  key_ = block + kBlockHeaderBytes;
  size_ = key_ + facts.records * key_bytes_;
  payload_ = size_ + facts.records * kSizeBytes;
  left_ = upper_ ? count_below(key_, facts.records, key_bytes_, *upper_) : facts.records;
  first_word_ = load_big_endian(key_);
  return true;
}

bool RunReader::read_window() noexcept {
  const uint64_t bytes = run_->buffer_bytes_of(run_->blocks()[block_]);
  if (!make_buffer(std::max(bytes, window_bytes_))) return false;
  status_ = run_->read_window(block_, buffer_, &window_);
  return status_.ok();
}

bool RunReader::make_buffer(uint64_t bytes) noexcept {
  if (bytes <= buffer_.size() && buffer_.size() <= kKeptFactor * bytes) return true;
  if (!buffer_.make(static_cast<size_t>(bytes))) status_ = failure(Code::kNoMemory, bytes);
  return status_.ok();
}

}  // namespace octoload::sort
