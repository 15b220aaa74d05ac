#include "cursor.h"

#include <algorithm>

namespace octoload::sort {

Status Cursor::open(std::span<const std::shared_ptr<const RunFile>> runs, uint64_t memory_bytes,
                    std::shared_ptr<const Arena> arena, const Range& range) {
  if (!runs.empty()) {
    auto& merger = reader_.emplace<Merger>();
    Status status = merger.open(runs, range, memory_bytes);
    return status.ok() ? skip(merger, range) : status;
  }
  if (arena == nullptr) return range.skip == 0 ? Status{} : failure(Code::kBadPosition);
  auto& reader = reader_.emplace<ArenaReader>();
  reader.open(std::move(arena), key_bytes_, range);
  return skip(reader, range);
}

template <class Reader>
Status Cursor::skip(Reader& reader, const Range& range) {
  for (uint64_t skipped = 0; skipped < range.skip; ++skipped) {
    if (reader.is_done() || std::memcmp(reader.key(), range.lower->data(), key_bytes_) != 0) {
      return failure(Code::kBadPosition, skipped);
    }
    if (!reader.advance()) return reader.status();
  }
  return {};
}

Status Cursor::next(const Output& output, size_t* count) {
  *count = 0;
  if (output.offsets.empty()) return failure(Code::kBadArgument);
  output.offsets[0] = 0;
  if (!failed_.ok()) return failed_;
  if (auto* merger = std::get_if<Merger>(&reader_)) return fill(*merger, output, count);
  if (auto* arena = std::get_if<ArenaReader>(&reader_)) return fill(*arena, output, count);
  return {};
}

template <class Reader>
Status Cursor::fill(Reader& reader, const Output& output, size_t* count) {
  const size_t capacity = std::min(output.keys.size() / key_bytes_, output.offsets.size() - 1);
  if (capacity == 0) return failure(Code::kBadArgument);
  uint8_t* const bytes = output.bytes.data();
  uint8_t* key = output.keys.data();
  uint64_t used = 0;
  size_t records = 0;
  while (records < capacity && !reader.is_done()) {
    const uint32_t size = reader.payload_bytes();
    if (size > output.bytes.size() - used) {
      if (records == 0) return failure(Code::kOutputTooSmall, size);
      break;
    }
    copy_key(key, reader.key(), key_bytes_);
    if (size != 0) std::memcpy(bytes + used, reader.payload(), size);
    key += key_bytes_;
    used += size;
    output.offsets[++records] = used;
    if (!reader.advance()) {
      failed_ = reader.status();  // for the next call: these records are good
      break;
    }
  }
  *count = records;
  return {};
}

}  // namespace octoload::sort
