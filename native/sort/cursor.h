// Reads the sorted records in batches. A cursor stays good when its sorter is
// gone; each is used by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "arena_reader.h"
#include "merger.h"
#include "range.h"
#include "status.h"

namespace octoload::sort {

// The caller's memory for one batch.
struct Output {
  std::span<uint8_t> keys;      // n x key width
  std::span<uint64_t> offsets;  // n + 1: payload i is bytes[offsets[i] .. offsets[i + 1])
  std::span<uint8_t> bytes;
};

class Cursor {
 public:
  // Fills as many records as fit; `count` 0 is the end. A failure comes alone:
  // the records before it were delivered by earlier calls. After
  // kOutputTooSmall the same call with larger spans goes on.
  Status next(const Output& output, size_t* count);

 private:
  friend class Sorter;

  explicit Cursor(size_t key_bytes) noexcept : key_bytes_(key_bytes) {}
  // Reads `runs`, in so much memory, or `arena` where there are none; nothing where that is null.
  Status open(std::span<const std::shared_ptr<const RunFile>> runs, uint64_t memory_bytes,
              std::shared_ptr<const Arena> arena, const Range& range);
  template <class Reader>
  Status skip(Reader& reader, const Range& range);
  template <class Reader>
  Status fill(Reader& reader, const Output& output, size_t* count);

  size_t key_bytes_;
  std::variant<std::monostate, ArenaReader, Merger> reader_;
  Status failed_;
};

}  // namespace octoload::sort
