#include "dictionary_trainer.h"

#include <algorithm>
#include <memory>

#include "bytes.h"
#include "envelope.h"
#include "k_mers.h"
#include "lz4_block.h"
#include "segment_picker.h"

// The method follows Liao, Petri, Moffat and Wirth, "Effective Construction of
// Relative Lempel-Ziv Dictionaries" (WWW 2016): k-mers are weighed by how often
// they occur, the samples are split into epochs, and from each epoch in turn
// the segment is taken whose k-mers, not yet in the dictionary, weigh most.
// Here a k-mer weighs the number of samples it occurs in, as each row is
// compressed alone. The lengths are not guessed: a few are tried, and LZ4
// judges them by samples that were held back.

namespace octoload::envelope {
namespace {

constexpr size_t kMerBytes[] = {8, 16};
constexpr size_t kSegmentBytes[] = {96, 384};  // part of a small row, and all of it
constexpr size_t kSizes = 4;                   // the largest, and its halves

constexpr size_t kMaxSampledBytes = 4u << 20;
constexpr size_t kMaxSampleBytes = 64u << 10;  // of one sample: LZ4 sees no further
constexpr size_t kMinSamples = 8;
constexpr size_t kHoldOutEvery = 4;
constexpr double kWorthwhile = 0.97;  // a dictionary must save 3 % of what is stored
constexpr double kAsGood = 1.01;      // the smallest one wins among those this close to the best

struct Samples {
  std::vector<Sample> taught;
  std::vector<Sample> held_back;
};

// Every so many-th sample, so that all of them are seen within the limit.
Samples draw_samples(std::span<const uint8_t> bytes, std::span<const uint32_t> offsets) {
  const size_t count = offsets.empty() ? 0 : offsets.size() - 1;
  const size_t total = count == 0 ? 0 : offsets[count] - offsets[0];
  const size_t stride = 1 + total / kMaxSampledBytes;
  Samples samples;
  size_t drawn = 0, drawn_bytes = 0;
  for (size_t i = 0; i < count && drawn_bytes < kMaxSampledBytes; i += stride) {
    const size_t size = std::min<size_t>(offsets[i + 1] - offsets[i], kMaxSampleBytes);
    auto& part = drawn++ % kHoldOutEvery == 0 ? samples.held_back : samples.taught;
    part.push_back(bytes.subspan(offsets[i], size));
    drawn_bytes += size;
  }
  return samples;
}

// Bytes the samples take in their envelopes, with a dictionary or (empty)
// without.
size_t stored_bytes(std::span<const Sample> samples, std::span<const uint8_t> dictionary_bytes) {
  const auto dictionary = Dictionary::create(1, dictionary_bytes);
  const auto compressor = std::make_unique<BlockCompressor>(dictionary.get());
  const size_t number_bytes = dictionary != nullptr ? 1 : 0;
  std::vector<uint8_t> block;
  size_t sum = 0;
  for (const Sample& sample : samples) {
    const size_t head = number_bytes + varint_size(sample.size());
    size_t stored = sample.size();
    if (stored >= kMinCompressibleBytes) {
      block.resize(std::max(block.size(), stored));
      const size_t size =
          compressor->compress(sample.data(), stored, block.data(), stored - head - 1);
      if (size != 0) stored = size + head;
    }
    sum += stored;
  }
  return sum;
}

// The segments one after the other, the heaviest last: of two positions that
// share a hash LZ4 keeps the later.
std::vector<uint8_t> lay_out(std::vector<Segment> segments) {
  std::stable_sort(segments.begin(), segments.end(),
                   [](const Segment& a, const Segment& b) { return a.score < b.score; });
  std::vector<uint8_t> bytes;
  for (const Segment& segment : segments) {
    bytes.insert(bytes.end(), segment.bytes.begin(), segment.bytes.end());
  }
  return bytes;
}

struct Candidate {
  std::vector<uint8_t> bytes;
  size_t stored = 0;
};

std::vector<Candidate> make_candidates(const Samples& samples, size_t max_bytes) {
  std::vector<Candidate> candidates;
  for (const size_t k : kMerBytes) {
    const KMers mers = weigh_k_mers(samples.taught, k);
    for (const size_t segment_bytes : kSegmentBytes) {
      const auto all = lay_out(pick_segments(samples.taught, mers, k, segment_bytes, max_bytes));
      for (size_t part = 0; part < kSizes; ++part) {
        const size_t size = std::min(all.size(), max_bytes >> part);
        Candidate candidate{{all.end() - static_cast<ptrdiff_t>(size), all.end()}};
        candidate.stored = stored_bytes(samples.held_back, candidate.bytes);
        candidates.push_back(std::move(candidate));
      }
    }
  }
  return candidates;
}

}  // namespace

std::vector<uint8_t> train_dictionary(std::span<const uint8_t> bytes,
                                      std::span<const uint32_t> offsets, size_t max_bytes) {
  max_bytes = std::min(max_bytes, kMaxDictionaryBytes);
  const Samples samples = draw_samples(bytes, offsets);
  if (max_bytes == 0 || samples.taught.size() < kMinSamples) return {};

  std::vector<Candidate> candidates = make_candidates(samples, max_bytes);
  size_t least = SIZE_MAX;
  for (const Candidate& candidate : candidates) least = std::min(least, candidate.stored);
  const auto plain = static_cast<double>(stored_bytes(samples.held_back, {}));
  if (static_cast<double>(least) > plain * kWorthwhile) return {};

  const auto close_enough = static_cast<size_t>(static_cast<double>(least) * kAsGood);
  Candidate* chosen = nullptr;
  for (Candidate& candidate : candidates) {
    if (candidate.stored > close_enough) continue;
    if (chosen == nullptr || candidate.bytes.size() < chosen->bytes.size()) chosen = &candidate;
  }
  return std::move(chosen->bytes);
}

}  // namespace octoload::envelope
