// Substrings of k bytes (k-mers) of a set of samples, weighed by how many
// samples they occur in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace octoload::envelope {

using Sample = std::span<const uint8_t>;

struct KMers {
  // One number a k-mer, sample after sample (a sample of n bytes has
  // max(0, n - k + 1)). 0: it occurs in one sample only.
  std::vector<uint32_t> numbers;
  std::vector<size_t> first;      // where each sample's numbers start; one more than samples
  std::vector<uint32_t> weights;  // by number: samples it occurs in; weights[0] is 0
};

// k is 8..16. K-mers are told apart by a hash of 64 bits. Deterministic.
KMers weigh_k_mers(std::span<const Sample> samples, size_t k);

}  // namespace octoload::envelope
