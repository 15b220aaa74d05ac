#include "derived_reader.h"

#include <cstring>

namespace octoload::load {
namespace {

constexpr size_t kRecordsAtOnce = 8192;

}  // namespace

sort::Status DerivedReader::open(const sort::Sorter& derived, size_t key_bytes,
                                 const sort::Range& range) {
  key_bytes_ = key_bytes;
  keys_.resize(kRecordsAtOnce * key_bytes);
  bytes_.resize(kRecordsAtOnce * kDerivedBytes);
  offsets_.resize(kRecordsAtOnce + 1);
  at_ = count_ = 0;
  return derived.open_cursor(range, &cursor_);
}

sort::Status DerivedReader::find(const uint8_t* key, bool* is_found) {
  *is_found = false;
  for (;;) {
    if (at_ == count_) {
      sort::Status status = read();
      if (!status.ok() || count_ == 0) return status;
    }
    const int order = std::memcmp(keys_.data() + at_ * key_bytes_, key, key_bytes_);
    *is_found = order == 0;
    if (order >= 0) return {};
    ++at_;
  }
}

sort::Status DerivedReader::read() {
  at_ = 0;
  count_ = 0;
  sort::Status status = cursor_->next({keys_, offsets_, bytes_}, &count_);
  // A record of another size: a larger block of the caller's would not help.
  if (status.code == sort::Code::kOutputTooSmall) return sort::failure(sort::Code::kDamaged);
  if (!status.ok()) return status;
  if (offsets_[count_] != count_ * kDerivedBytes) return sort::failure(sort::Code::kDamaged);
  return {};
}

}  // namespace octoload::load
