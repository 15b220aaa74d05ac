#include "segment_picker.h"

#include <algorithm>

namespace octoload::envelope {
namespace {

constexpr size_t kPasses = 4;  // segments wanted from each epoch
constexpr size_t kMaxPasses = 3 * kPasses;

class Picker {
 public:
  Picker(std::span<const Sample> samples, const KMers& mers, size_t k, size_t segment_bytes)
      : samples_(samples),
        mers_(mers),
        k_(k),
        window_(segment_bytes - k + 1),
        weights_(mers.weights),
        in_window_(mers.weights.size()) {}

  // The best segment of the samples [begin, end); its score is 0 when none is
  // left there. Its k-mers weigh nothing from then on.
  Segment pick(size_t begin, size_t end) {
    best_ = Place{};
    for (size_t sample = begin; sample < end; ++sample) slide(sample);
    if (best_.score == 0) return {};
    trim();
    const uint32_t* numbers = mers_.numbers.data() + mers_.first[best_.sample];
    for (size_t i = best_.first; i < best_.end; ++i) weights_[numbers[i]] = 0;
    const size_t bytes = best_.end - best_.first + k_ - 1;
    return {samples_[best_.sample].subspan(best_.first, bytes), best_.score};
  }

 private:
  struct Place {
    size_t sample = 0, first = 0, end = 0;  // k-mers [first, end) of the sample
    uint64_t score = 0;
  };

  // A window's k-mers count once, however often they stand in it.
  uint64_t enter(uint32_t number) { return in_window_[number]++ == 0 ? weights_[number] : 0; }
  uint64_t leave(uint32_t number) { return --in_window_[number] == 0 ? weights_[number] : 0; }

  void slide(size_t sample) {
    const uint32_t* numbers = mers_.numbers.data() + mers_.first[sample];
    const size_t count = mers_.first[sample + 1] - mers_.first[sample];
    uint64_t score = 0;
    size_t first = 0;
    for (size_t end = 1; end <= count; ++end) {
      score += enter(numbers[end - 1]);
      if (end - first > window_) score -= leave(numbers[first++]);
      if (score > best_.score) best_ = {sample, first, end, score};
    }
    for (; first < count; ++first) leave(numbers[first]);
  }

  // Drops k-mers that weigh nothing from both ends.
  void trim() {
    const uint32_t* numbers = mers_.numbers.data() + mers_.first[best_.sample];
    while (weights_[numbers[best_.first]] == 0) ++best_.first;
    while (weights_[numbers[best_.end - 1]] == 0) --best_.end;
  }

  std::span<const Sample> samples_;
  const KMers& mers_;
  const size_t k_;
  const size_t window_;  // in k-mers
  std::vector<uint32_t> weights_;
  std::vector<uint32_t> in_window_;
  Place best_;
};

}  // namespace

std::vector<Segment> pick_segments(std::span<const Sample> samples, const KMers& mers, size_t k,
                                   size_t segment_bytes, size_t max_bytes) {
  const size_t epochs = std::clamp<size_t>(max_bytes / segment_bytes / kPasses, 1, samples.size());
  Picker picker(samples, mers, k, segment_bytes);
  std::vector<Segment> segments;
  size_t total = 0;
  for (size_t turn = 0; turn < epochs * kMaxPasses && total < max_bytes; ++turn) {
    const size_t epoch = turn % epochs;
    const Segment segment =
        picker.pick(samples.size() * epoch / epochs, samples.size() * (epoch + 1) / epochs);
    if (segment.score == 0) continue;
    total += segment.bytes.size();
    segments.push_back(segment);
  }
  return segments;
}

}  // namespace octoload::envelope
