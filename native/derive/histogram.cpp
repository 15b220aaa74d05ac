#include "histogram.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

namespace octoload::derive {
namespace {

// Fibonacci hashing (Knuth, TAOCP 3, 6.4): the high bits of a product with
// 2^64 / the golden ratio. Materials that follow each other spread evenly.
size_t home_slot(int32_t number, uint16_t state, size_t slots) noexcept {
  const uint64_t word = uint64_t{state} << 32 | static_cast<uint32_t>(number);
  return static_cast<size_t>((word * 0x9e3779b97f4a7c15) >> (64 - std::countr_zero(slots)));
}

}  // namespace

// The material's entry, or the free one where it belongs; without a table also
// nullptr, when all are taken by others.
Histogram::Entry* Histogram::find(int32_t number, uint16_t state) noexcept {
  const auto fits = [&](const Entry& entry) {
    return entry.state == kFree || (entry.number == number && entry.state == state);
  };
  if (!table_) {
    for (Entry& entry : inline_) {
      if (fits(entry)) return &entry;
    }
    return nullptr;
  }
  size_t at = home_slot(number, state, slots_);
  while (!fits(table_[at])) at = (at + 1) & (slots_ - 1);
  return &table_[at];
}

Histogram::Entry* Histogram::find_or_insert(int32_t number, uint16_t state) noexcept {
  Entry* entry = find(number, state);
  if (entry != nullptr && entry->state != kFree) return entry;
  if (entry == nullptr || (table_ && (count_ + 1) * 4 > slots_ * 3)) {
    if (!grow()) return nullptr;
    entry = find(number, state);
  }
  entry->number = number;
  entry->state = state;
  ++count_;
  return entry;
}

bool Histogram::grow() noexcept {
  const size_t old_slots = slots();
  const size_t new_slots = table_ ? slots_ * 2 : kFirstSlots;
  std::unique_ptr<Entry[]> table(new (std::nothrow) Entry[new_slots]);
  if (table == nullptr) return false;
  std::swap(table, table_);
  slots_ = new_slots;
  const Entry* const old = table ? table.get() : inline_.data();
  for (size_t i = 0; i < old_slots; ++i) {
    if (old[i].state != kFree) *find(old[i].number, old[i].state) = old[i];
  }
  return true;
}

bool Histogram::add_volume(int32_t number, uint16_t state, Wide volume) noexcept {
  Entry* const entry = find_or_insert(number, state);
  if (entry == nullptr) return false;
  const Wide grown = (Wide{entry->volume_high} << 64 | entry->volume_low) + volume;
  entry->volume_low = static_cast<uint64_t>(grown);
  entry->volume_high = static_cast<uint16_t>(static_cast<uint64_t>(grown >> 64));
  sum_ += volume;
  largest_ = std::max(largest_, grown);
  return true;
}

bool Histogram::add(Material material, Wide volume) noexcept {
  return material.is_known ? add_volume(material.number, kKnown, volume)
                           : add_volume(0, kUnknown, volume);
}

bool Histogram::take_all(Histogram& other) noexcept {
  if (other.slots() > slots()) std::swap(*this, other);
  const Entry* const from = other.entries();
  for (size_t i = 0; other.count_ != 0 && i < other.slots(); ++i) {
    const Entry& entry = from[i];
    if (entry.state == kFree) continue;
    const Wide volume = Wide{entry.volume_high} << 64 | entry.volume_low;
    if (!add_volume(entry.number, entry.state, volume)) return false;
  }
  other.clear();
  return true;
}

float Histogram::homogeneity() const noexcept {
  return static_cast<float>(static_cast<double>(largest_) / static_cast<double>(sum_));
}

void Histogram::clear() noexcept {
  if (count_ == 0) return;
  if (slots_ > kKeptSlots) {
    table_.reset();
    slots_ = 0;
  }
  inline_ = {};
  if (table_) std::fill_n(table_.get(), slots_, Entry{});
  count_ = 0;
  sum_ = largest_ = 0;
}

}  // namespace octoload::derive
