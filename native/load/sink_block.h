// Writes a sink batch (batch/sink_batch.h) row by row.
#pragma once

#include <cstring>
#include <span>

#include "../batch/sink_batch.h"
#include "../envelope/row_key.h"

namespace octoload::load {

struct SinkRow {
  envelope::RowKey key;
  int64_t rowid = 0;
  int64_t last_modified = 0;
  uint32_t file = 0;
  int32_t material = 0;  // 0 when NULL
  uint8_t no_material = 0;
  uint8_t children_mask = 0;
  float homogeneity = 0;
  std::span<const uint8_t> envelope;
};

class SinkBlock {
 public:
  // `to` has room for so many rows and their envelopes.
  SinkBlock(std::span<uint8_t> to, size_t rows) noexcept : to_(to.data()), rows_(rows), at_(rows) {
    put<uint32_t>(at_.offsets, 0, 0);
  }

  void add(const SinkRow& row) noexcept {
    put(at_.tiles, row_, row.key.tile);
    put(at_.rowids, row_, row.rowid);
    put(at_.last_modified, row_, row.last_modified);
    put(at_.materials, row_, row.material);
    put(at_.homogeneities, row_, row.homogeneity);
    put(at_.files, row_, row.file);
    put(at_.cells, row_, row.key.cell);
    to_[at_.levels + row_] = row.key.level;
    to_[at_.masks + row_] = row.children_mask;
    to_[at_.no_materials + row_] = row.no_material;
    std::memcpy(to_ + at_.bytes + end_, row.envelope.data(), row.envelope.size());
    end_ += row.envelope.size();
    put(at_.offsets, ++row_, static_cast<uint32_t>(end_));
  }

  // All rows were added. Returns the block's bytes.
  size_t finish() noexcept {
    const uint64_t head[batch::kSinkHeadWords] = {batch::kSinkMagic, rows_, end_};
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
  batch::SinkLayout at_;
  size_t row_ = 0, end_ = 0;
};

}  // namespace octoload::load
