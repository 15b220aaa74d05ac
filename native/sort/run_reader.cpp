#include "run_reader.h"

#include <new>
#include <utility>

namespace octoload::sort {
namespace {

// A buffer that one large record needed is given back at the next small block.
constexpr size_t kKeptFactor = 4;

}  // namespace

RunReader::RunReader(std::shared_ptr<const RunFile> run) noexcept
    : run_(std::move(run)), key_bytes_(run_->key_bytes()) {}

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
  if (!read_block(facts)) return false;
  key_ = buffer_.get() + kBlockHeaderBytes;
  size_ = key_ + facts.records * key_bytes_;
  payload_ = size_ + facts.records * kSizeBytes;
  left_ = upper_ ? count_below(key_, facts.records, key_bytes_, *upper_) : facts.records;
  first_word_ = load_big_endian(key_);
  return true;
}

bool RunReader::read_block(const BlockFacts& facts) noexcept {
  const auto bytes =
      static_cast<size_t>(block_bytes_of(facts.records, facts.payload_bytes, key_bytes_));
  if (!make_buffer(bytes)) return false;
  status_ = run_->read_block(block_, buffer_.get());
  if (status_.ok()) ++block_;
  return status_.ok();
}

bool RunReader::make_buffer(size_t bytes) noexcept {
  if (bytes <= buffer_bytes_ && buffer_bytes_ <= kKeptFactor * bytes) return true;
  buffer_.reset();  // first, so that never two of them are held
  buffer_bytes_ = 0;
  buffer_.reset(new (std::nothrow) uint8_t[bytes]);
  if (buffer_ == nullptr) {
    status_ = failure(Code::kNoMemory, bytes);
    return false;
  }
  buffer_bytes_ = bytes;
  return true;
}

}  // namespace octoload::sort
