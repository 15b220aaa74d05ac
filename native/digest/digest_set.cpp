#include "digest_set.h"

#include <algorithm>

namespace octoload::digest {
namespace {

constexpr size_t kFirstSlots = 1024;

// Fibonacci hashing (Knuth, volume 3, 6.4): neighbouring ranges lie apart.
size_t hash_of(uint64_t range) noexcept { return (range * 0x9e3779b97f4a7c15) >> 32; }

}  // namespace

DigestSums::DigestSums() : slots_(kFirstSlots) {}

void DigestSums::add(uint64_t range, const Number256& digest) {
  if (last_ >= sums_.size() || sums_[last_].range != range) {
    if (2 * sums_.size() >= slots_.size()) grow();
    uint32_t& slot = slot_of(range);
    if (slot == 0) {
      sums_.push_back({range, 0, {}});
      slot = static_cast<uint32_t>(sums_.size());
    }
    last_ = slot - 1;
  }
  RangeSum& sum = sums_[last_];
  sum.rows += 1;
  sum.sum.add(digest);
}

std::vector<RangeSum> DigestSums::sorted() const {
  std::vector<RangeSum> sums = sums_;
  std::sort(sums.begin(), sums.end(),
            [](const RangeSum& a, const RangeSum& b) { return a.range < b.range; });
  return sums;
}

// The range's slot, or the free one where it belongs: half of them are free.
uint32_t& DigestSums::slot_of(uint64_t range) noexcept {
  const size_t mask = slots_.size() - 1;
  size_t at = hash_of(range) & mask;
  while (slots_[at] != 0 && sums_[slots_[at] - 1].range != range) at = (at + 1) & mask;
  return slots_[at];
}

void DigestSums::grow() {
  slots_.assign(2 * slots_.size(), 0);
  for (size_t i = 0; i < sums_.size(); ++i) {
    slot_of(sums_[i].range) = static_cast<uint32_t>(i + 1);
  }
}

bool is_digest_set(std::span<const RangeSum> set) noexcept {
  for (size_t i = 0; i < set.size(); ++i) {
    if (set[i].rows == 0 || set[i].range >> (3 * kRangeLevel) != 0) return false;
    if (i > 0 && set[i - 1].range >= set[i].range) return false;
  }
  return true;
}

std::vector<RangeSum> add(std::span<const RangeSum> a, std::span<const RangeSum> b) {
  std::vector<RangeSum> all;
  all.reserve(a.size() + b.size());
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (a[i].range != b[j].range) {
      all.push_back(a[i].range < b[j].range ? a[i++] : b[j++]);
      continue;
    }
    RangeSum sum = a[i++];
    sum.rows += b[j].rows;
    sum.sum.add(b[j++].sum);
    all.push_back(sum);
  }
  all.insert(all.end(), a.begin() + static_cast<ptrdiff_t>(i), a.end());
  all.insert(all.end(), b.begin() + static_cast<ptrdiff_t>(j), b.end());
  return all;
}

bool subtract(std::span<const RangeSum> a, std::span<const RangeSum> b,
              std::vector<RangeSum>* difference) {
  difference->clear();
  difference->reserve(a.size());
  size_t j = 0;
  for (RangeSum sum : a) {
    if (j < b.size() && b[j].range == sum.range) {
      if (b[j].rows > sum.rows) return false;
      sum.rows -= b[j].rows;
      sum.sum.subtract(b[j++].sum);
    }
    if (sum.rows > 0) {
      difference->push_back(sum);
    } else if (sum.sum != Number256{}) {
      return false;
    }
  }
  return j == b.size();
}

}  // namespace octoload::digest
