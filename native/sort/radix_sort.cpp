// An in-place radix sort from the most significant byte on ("American flag
// sort": McIlroy, Bostic, McIlroy, "Engineering Radix Sort", Computing Systems
// 1993). It is not stable by itself; the place in the arena, which rises with
// arrival, serves as the key's last word and makes it so.
#include "radix_sort.h"

#include <bit>
#include <cstring>
#include <utility>

#include "key.h"

namespace octoload::sort {
namespace {

constexpr unsigned kDigitBits = 8;
constexpr size_t kBuckets = size_t{1} << kDigitBits;
// Below this many entries comparing beats counting.
constexpr size_t kSmall = 40;

class Sorting {
 public:
  Sorting(const uint8_t* memory, size_t key_bytes) noexcept
      : memory_(memory), key_bytes_(key_bytes) {}

  // `word` says which word of the key the entries hold; all before are equal.
  void sort(std::span<IndexEntry> entries, size_t word) const noexcept {
    uint64_t differing = differing_bits(entries);
    while (differing == 0 && entries.size() > kSmall) {
      load_words(entries, ++word);
      differing = differing_bits(entries);
    }
    if (entries.size() <= kSmall) return insertion_sort(entries, word);

    const unsigned width = static_cast<unsigned>(std::bit_width(differing));
    const unsigned shift = width > kDigitBits ? width - kDigitBits : 0;
    uint32_t ends[kBuckets];
    distribute(entries, shift, ends);
    uint32_t begin = 0;
    for (const uint32_t end : ends) {
      if (end - begin > 1) sort(entries.subspan(begin, end - begin), word);
      begin = end;
    }
  }

 private:
  static uint64_t differing_bits(std::span<const IndexEntry> entries) noexcept {
    uint64_t differing = 0;
    for (const IndexEntry& entry : entries) differing |= entry.word ^ entries.front().word;
    return differing;
  }

  static size_t digit_of(const IndexEntry& entry, unsigned shift) noexcept {
    return (entry.word >> shift) & (kBuckets - 1);
  }

  // Puts the entries into buckets of equal digits, which end at `ends`.
  static void distribute(std::span<IndexEntry> entries, unsigned shift, uint32_t* ends) noexcept {
    uint32_t next[kBuckets] = {};
    for (const IndexEntry& entry : entries) ++next[digit_of(entry, shift)];
    uint32_t sum = 0;
    for (size_t digit = 0; digit < kBuckets; ++digit) {
      sum += std::exchange(next[digit], sum);
      ends[digit] = sum;
    }
    for (size_t digit = 0; digit < kBuckets; ++digit) {
      while (next[digit] < ends[digit]) {
        IndexEntry held = entries[next[digit]];
        for (size_t its = digit_of(held, shift); its != digit; its = digit_of(held, shift)) {
          std::swap(held, entries[next[its]++]);
        }
        entries[next[digit]++] = held;
      }
    }
  }

  // After the key's words comes the arrival.
  void load_words(std::span<IndexEntry> entries, size_t word) const noexcept {
    const size_t begin = word * kWordBytes;
    for (IndexEntry& entry : entries) {
      entry.word =
          begin < key_bytes_ ? load_big_endian(record_at(memory_, entry) + begin) : entry.at;
    }
  }

  bool is_before(const IndexEntry& a, const IndexEntry& b, size_t word) const noexcept {
    if (a.word != b.word) return a.word < b.word;
    const size_t begin = (word + 1) * kWordBytes;
    if (begin < key_bytes_) {
      const int order = std::memcmp(record_at(memory_, a) + begin, record_at(memory_, b) + begin,
                                    key_bytes_ - begin);
      if (order != 0) return order < 0;
    }
    return a.at < b.at;
  }

  void insertion_sort(std::span<IndexEntry> entries, size_t word) const noexcept {
    for (size_t i = 1; i < entries.size(); ++i) {
      const IndexEntry held = entries[i];
      size_t hole = i;
      for (; hole > 0 && is_before(held, entries[hole - 1], word); --hole) {
        entries[hole] = entries[hole - 1];
      }
      entries[hole] = held;
    }
  }

  const uint8_t* memory_;
  size_t key_bytes_;
};

}  // namespace

void radix_sort(std::span<IndexEntry> entries, const uint8_t* memory, size_t key_bytes) noexcept {
  if (entries.size() > 1) Sorting(memory, key_bytes).sort(entries, 0);
}

}  // namespace octoload::sort
