#include "run_file.h"

#include <algorithm>

namespace octoload::sort {
namespace {

// A block is one record, or small.
bool is_plausible(const BlockFacts& block) noexcept {
  return block.records != 0 && block.payload_bytes <= kMaxPayloadBytes;
}

uint64_t sum_of_sizes(const uint8_t* sizes, size_t count) noexcept {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += load<uint32_t>(sizes + i * kSizeBytes);
  return sum;
}

}  // namespace

Status RunFile::open(const RunFolder& folder, RunName name, size_t key_bytes,
                     std::span<const uint8_t> identity, std::shared_ptr<const RunFile>* run) {
  const auto opened = std::make_shared<RunFile>();
  opened->name_ = name;
  opened->key_bytes_ = key_bytes;
  Status status = File::open(folder.path_of(name), &opened->file_);
  if (status.ok()) status = opened->read_header();
  if (status.ok()) status = opened->read_footer();
  if (status.ok()) status = opened->read_tail(identity);
  if (!status.ok()) return status;
  if (opened->target_bytes_ >= kMinDirectBlockBytes) opened->file_.bypass_cache();
  *run = opened;
  return {};
}

Status RunFile::read_header() {
  uint8_t bytes[kHeaderBytes];
  Status status = file_.read(0, bytes, kHeaderBytes);
  if (!status.ok()) return status;
  if (load<uint32_t>(bytes + 28) != checksum(bytes, 28)) return damaged(0);
  if (std::memcmp(bytes, kMagic, sizeof kMagic) != 0) return damaged(0);
  if (load<uint32_t>(bytes + 8) != kVersion) return failure(Code::kWrongVersion, 8, file_.path());
  if (load<uint32_t>(bytes + 12) != key_bytes_) {
    return failure(Code::kWrongKeyWidth, 12, file_.path());
  }
  const bool is_named_so =
      load<uint32_t>(bytes + 16) == name_.first && load<uint32_t>(bytes + 20) == name_.last;
  target_bytes_ = load<uint32_t>(bytes + 24);
  return is_named_so && target_bytes_ <= kMaxBlockBytes ? Status{} : damaged(16);
}

Status RunFile::read_footer() {
  uint64_t size = 0;
  Status status = file_.size(&size);
  if (!status.ok()) return status;
  if (size < kHeaderBytes + kFooterBytes) return failure(Code::kTruncated, size, file_.path());
  const uint64_t begin = size - kFooterBytes;
  uint8_t bytes[kFooterBytes];
  status = file_.read(begin, bytes, kFooterBytes);
  if (!status.ok()) return status;
  // No footer where one should be: most likely the file was cut.
  if (std::memcmp(bytes + 60, kEndMagic, sizeof kEndMagic) != 0 ||
      load<uint32_t>(bytes + 56) != checksum(bytes, 56)) {
    return failure(Code::kTruncated, begin, file_.path());
  }
  std::memcpy(&footer_, bytes, sizeof footer_);
  if (footer_.file_bytes != size) return failure(Code::kTruncated, size, file_.path());
  const uint64_t tail_bytes = footer_.blocks * uint64_t{index_entry_bytes(key_bytes_)} +
                              footer_.identity_bytes + footer_.mark_bytes;
  const bool fits = footer_.tail_offset <= begin && begin - footer_.tail_offset == tail_bytes &&
                    footer_.identity_bytes <= kMaxIdentityBytes &&
                    footer_.mark_bytes <= kMaxMarkBytes && footer_.flags <= kFlagFinal;
  return fits ? Status{} : damaged(begin);
}

Status RunFile::read_tail(std::span<const uint8_t> identity) {
  std::vector<uint8_t> tail(footer_.file_bytes - kFooterBytes - footer_.tail_offset);
  Status status = file_.read(footer_.tail_offset, tail.data(), tail.size());
  if (!status.ok()) return status;
  if (checksum(tail.data(), tail.size()) != footer_.tail_checksum || !read_blocks(tail.data())) {
    return damaged(footer_.tail_offset);
  }
  const uint8_t* const its = tail.data() + footer_.blocks * index_entry_bytes(key_bytes_);
  if (!std::equal(identity.begin(), identity.end(), its, its + footer_.identity_bytes)) {
    return failure(Code::kWrongIdentity, footer_.tail_offset, file_.path());
  }
  const uint8_t* const mark = its + footer_.identity_bytes;
  mark_.assign(mark, mark + footer_.mark_bytes);
  return {};
}

// The blocks have to fill the file from the header to the tail, and to add up
// to the footer's totals.
bool RunFile::read_blocks(const uint8_t* tail) {
  blocks_.resize(footer_.blocks);
  RunFooter sums = {};
  uint64_t offset = kHeaderBytes;
  for (BlockFacts& block : blocks_) {
    block = {load<uint64_t>(tail), load<uint32_t>(tail + 8), load<uint32_t>(tail + 12), {}};
    copy_key(block.first_key.data(), tail + 16, key_bytes_);
    tail += index_entry_bytes(key_bytes_);
    if (block.offset != offset || !is_plausible(block)) return false;
    const uint64_t bytes = block_bytes(block);
    if (bytes > footer_.largest_block_bytes) return false;
    sums.largest_block_bytes = std::max(sums.largest_block_bytes, static_cast<uint32_t>(bytes));
    sums.records += block.records;
    sums.payload_bytes += block.payload_bytes;
    offset += bytes;
  }
  return offset == footer_.tail_offset && sums.records == footer_.records &&
         sums.payload_bytes == footer_.payload_bytes &&
         sums.largest_block_bytes == footer_.largest_block_bytes;
}

size_t RunFile::first_block_of(const Key& bound) const noexcept {
  const auto is_below = [this](const BlockFacts& block, const Key& key) {
    return std::memcmp(block.first_key.data(), key.data(), key_bytes_) < 0;
  };
  const auto found = std::lower_bound(blocks_.begin(), blocks_.end(), bound, is_below);
  // The block before may end in keys that equal the bound.
  const auto index = static_cast<size_t>(found - blocks_.begin());
  return index == 0 ? 0 : index - 1;
}

Status RunFile::read_window(size_t first, const AlignedBuffer& buffer, Window* window) const {
  const uint64_t offset = blocks_[first].offset;
  const uint64_t room = buffer.size() - kDirectAlignment;
  size_t end = first + 1;
  uint64_t bytes = block_bytes(blocks_[first]);
  while (end < blocks_.size() && bytes + block_bytes(blocks_[end]) <= room) {
    bytes += block_bytes(blocks_[end]);
    ++end;
  }
  *window = {first, end, nullptr};
  return file_.read_aligned(offset, static_cast<size_t>(bytes), buffer, &window->at);
}

Status RunFile::block_in(const Window& window, size_t number, const uint8_t** block) const {
  const BlockFacts& facts = blocks_[number];
  const auto bytes = static_cast<size_t>(block_bytes(facts));
  const uint8_t* const to = window.at + (facts.offset - blocks_[window.begin].offset);
  *block = to;
  const auto head = load<BlockHeader>(to);
  const uint8_t* const keys = to + kBlockHeaderBytes;
  const bool is_good =
      head.checksum == checksum(to + 4, bytes - 4) && head.number == number &&
      head.records == facts.records && head.payload_bytes == facts.payload_bytes &&
      std::memcmp(keys, facts.first_key.data(), key_bytes_) == 0 &&
      sum_of_sizes(keys + facts.records * key_bytes_, facts.records) == facts.payload_bytes;
  return is_good ? Status{} : damaged(facts.offset);
}

Status RunFile::verify() const {
  AlignedBuffer buffer;
  if (!buffer.make(buffer_bytes())) return failure(Code::kNoMemory, buffer_bytes());
  Status status;
  const uint8_t* block = nullptr;
  for (size_t i = 0; i < blocks_.size() && status.ok(); ++i) {
    Window window;
    status = read_window(i, buffer, &window);
    if (status.ok()) status = block_in(window, i, &block);
  }
  return status;
}

}  // namespace octoload::sort
