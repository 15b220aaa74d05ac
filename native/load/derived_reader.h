// Reads a sort of derived columns side by side with rows of the same order.
#pragma once

#include <memory>
#include <vector>

#include "../sort/sorter.h"
#include "records.h"

namespace octoload::load {

class DerivedReader {
 public:
  // `derived` is finished, and holds what Derivation put there.
  sort::Status open(const sort::Sorter& derived, size_t key_bytes, const sort::Range& range);

  // Moves on to the record of `key`, which is at or above the last one asked for.
  sort::Status find(const uint8_t* key, bool* is_found);
  // The one found.
  DerivedRecord record() const noexcept { return unpack_derived(bytes_.data() + offsets_[at_]); }

 private:
  sort::Status read();

  size_t key_bytes_ = 0;
  std::unique_ptr<sort::Cursor> cursor_;
  std::vector<uint8_t> keys_, bytes_;
  std::vector<uint64_t> offsets_;
  size_t at_ = 0, count_ = 0;
};

}  // namespace octoload::load
