// Rows of a target as they are stored, to be compared with finished rows: a
// block of sink_batch.h with two sections of another meaning, since what a
// target holds need be neither whole nor ours:
//
//   rowids        0
//   no_materials  TargetFlag bits: what the row has no usable value for
//
// Keys are the stored bits, which need not be a cell's.
#pragma once

#include <cstring>
#include <span>

#include "sink_batch.h"

namespace octoload::batch {

// A NULL, or a value that its column cannot hold; its section then has 0.
enum TargetFlag : uint8_t {
  kNoMaterial = 1,
  kNoHomogeneity = 2,
  kNoMask = 4,
  kNoEnvelope = 8,
  kNoLastModified = 16,
  kUnfitMaterial = 32,  // with kNoMaterial: it is not NULL either
};

struct TargetRow {
  uint64_t tile = 0;
  uint16_t cell = 0;
  uint8_t level = 0;
  uint8_t flags = 0;
  uint8_t mask = 0;
  int32_t material = 0;
  float homogeneity = 0;
  int64_t last_modified = 0;
  std::span<const uint8_t> envelope;
};

// Writes such a block row by row.
class TargetBlock {
 public:
  // Bytes that a block of so many rows and bytes of envelopes takes.
  static constexpr size_t size(size_t rows, size_t envelope_bytes) noexcept {
    return SinkLayout(rows).bytes + envelope_bytes;
  }

  // `to` has room for so many rows and their envelopes.
  TargetBlock(std::span<uint8_t> to, size_t rows) noexcept
      : to_(to.data()), rows_(rows), at_(rows) {
    put<uint32_t>(at_.offsets, 0, 0);
  }

  void add(const TargetRow& row) noexcept {
    put(at_.tiles, row_, row.tile);
    put<int64_t>(at_.rowids, row_, 0);
    put(at_.last_modified, row_, row.last_modified);
    put(at_.materials, row_, row.material);
    put(at_.homogeneities, row_, row.homogeneity);
    put<uint32_t>(at_.files, row_, 0);
    put(at_.cells, row_, row.cell);
    to_[at_.levels + row_] = row.level;
    to_[at_.masks + row_] = row.mask;
    to_[at_.no_materials + row_] = row.flags;
    if (!row.envelope.empty()) {
      std::memcpy(to_ + at_.bytes + end_, row.envelope.data(), row.envelope.size());
    }
    end_ += row.envelope.size();
    put(at_.offsets, ++row_, static_cast<uint32_t>(end_));
  }

  // All rows were added. Returns the block's bytes.
  size_t finish() noexcept {
    const uint64_t head[kSinkHeadWords] = {kSinkMagic, rows_, end_};
    std::memcpy(to_, head, sizeof head);
    return at_.bytes + end_;
  }

 private:
  template <class T>
  void put(size_t section, size_t row, T value) noexcept {
    std::memcpy(to_ + section + row * sizeof(T), &value, sizeof(T));
  }

  uint8_t* to_;
  size_t rows_;
  SinkLayout at_;
  size_t row_ = 0, end_ = 0;
};

}  // namespace octoload::batch
