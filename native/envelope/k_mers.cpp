#include "k_mers.h"

#include <bit>

#include "bytes.h"

namespace octoload::envelope {
namespace {

// Mixes the first and the last eight bytes (they overlap below sixteen).
uint64_t hash_k_mer(const uint8_t* at, size_t k) noexcept {
  const uint64_t head = load_u64(at) * 0x9E3779B97F4A7C15u;
  const uint64_t tail = load_u64(at + k - 8) * 0xC2B2AE3D27D4EB4Fu;
  return (std::rotl(head, 31) ^ tail) * 0x9E3779B97F4A7C15u;
}

size_t count_k_mers(Sample sample, size_t k) noexcept {
  return sample.size() < k ? 0 : sample.size() - k + 1;
}

// An open-addressing table from 64-bit hash to slot.
class SlotTable {
 public:
  explicit SlotTable(size_t k_mers)
      : shift_(64 - static_cast<unsigned>(std::bit_width(k_mers + k_mers / 3)) - 1),
        hashes_(size_t{1} << (64 - shift_)) {}

  size_t slots() const noexcept { return hashes_.size(); }

  uint32_t slot(uint64_t hash) noexcept {
    hash |= 1;  // 0 marks a free slot
    size_t at = hash >> shift_;
    while (hashes_[at] != 0 && hashes_[at] != hash) at = (at + 1) & (hashes_.size() - 1);
    hashes_[at] = hash;
    return static_cast<uint32_t>(at);
  }

 private:
  unsigned shift_;
  std::vector<uint64_t> hashes_;
};

// Occurrences by slot, at most one a sample.
std::vector<uint32_t> count_samples(const KMers& mers, size_t slots) {
  std::vector<uint32_t> counts(slots);
  std::vector<uint32_t> last_sample(slots);
  for (size_t sample = 0; sample + 1 < mers.first.size(); ++sample) {
    const auto mark = static_cast<uint32_t>(sample + 1);
    for (size_t i = mers.first[sample]; i < mers.first[sample + 1]; ++i) {
      const uint32_t slot = mers.numbers[i];
      counts[slot] += last_sample[slot] != mark ? 1 : 0;
      last_sample[slot] = mark;
    }
  }
  return counts;
}

// Turns slots into dense numbers, so that the weights of what repeats lie close
// together in memory.
void renumber(KMers* mers, std::vector<uint32_t> counts) {
  mers->weights.assign(1, 0);
  for (uint32_t& count : counts) {
    if (count >= 2) mers->weights.push_back(count);
    count = count >= 2 ? static_cast<uint32_t>(mers->weights.size() - 1) : 0;
  }
  for (uint32_t& number : mers->numbers) number = counts[number];
}

}  // namespace

KMers weigh_k_mers(std::span<const Sample> samples, size_t k) {
  KMers mers;
  mers.first.push_back(0);
  for (const Sample& sample : samples) {
    mers.first.push_back(mers.first.back() + count_k_mers(sample, k));
  }
  const size_t total = mers.first.back();
  SlotTable table(total);
  mers.numbers.reserve(total);
  for (const Sample& sample : samples) {
    for (size_t at = 0; at < count_k_mers(sample, k); ++at) {
      mers.numbers.push_back(table.slot(hash_k_mer(sample.data() + at, k)));
    }
  }
  renumber(&mers, count_samples(mers, table.slots()));
  return mers;
}

}  // namespace octoload::envelope
