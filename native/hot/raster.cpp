#include "raster.h"

#include <algorithm>
#include <bit>

namespace octoload::hot {

uint32_t Raster::open_block(uint32_t x, uint32_t y) {
  uint32_t& entry = entries_[entry_index(x, y)];
  if (entry < kFirstBlock) {
    Block block;
    block.points.fill(static_cast<uint8_t>(entry));
    entry = static_cast<uint32_t>(blocks_.size()) + kFirstBlock;
    blocks_.push_back(block);
  }
  return entry - kFirstBlock;
}

void Raster::add_to_block(Block* block, const Quad& quad, uint8_t points) {
  for (uint32_t y = quad.y; y < quad.y + quad.size; ++y) {
    for (uint32_t x = quad.x; x < quad.x + quad.size; ++x) {
      uint8_t& square = block->points[inner_index(x, y)];
      square = add_points(square, points);
    }
  }
}

void Raster::add(const Quad& quad, uint8_t points) {
  if (quad.size < kBlockEdge) {
    add_to_block(&blocks_[open_block(quad.x, quad.y)], quad, points);
    return;
  }
  for (uint32_t y = quad.y; y < quad.y + quad.size; y += kBlockEdge) {
    for (uint32_t x = quad.x; x < quad.x + quad.size; x += kBlockEdge) {
      uint32_t& entry = entries_[entry_index(x, y)];
      if (entry < kFirstBlock) {
        entry = add_points(entry, points);
      } else {
        add_to_block(&blocks_[entry - kFirstBlock], {x, y, kBlockEdge}, points);
      }
    }
  }
}

void Raster::add_pending(uint32_t x, uint32_t y, uint8_t layer, uint8_t points,
                         std::span<const uint32_t> features) {
  const uint32_t block = open_block(x, y);
  const uint32_t inner = inner_index(x, y);
  blocks_[block].undecided[inner / 64] |= uint64_t{1} << inner % 64;
  painted_.push_back({block << 8 | inner,
                      static_cast<uint32_t>(features.size()),
                      {static_cast<uint32_t>(features_.size()), layer, points}});
  features_.insert(features_.end(), features.begin(), features.end());
}

// Brings what was painted into the order of squares, features too, and takes the
// points from the squares that are undecided.
void Raster::finish() {
  std::sort(painted_.begin(), painted_.end(), [](const Painted& a, const Painted& b) {
    return a.square != b.square ? a.square < b.square : a.pending.layer < b.pending.layer;
  });
  std::vector<uint32_t> features;
  features.reserve(features_.size());
  pending_.reserve(painted_.size() + 1);
  uint32_t block_before = UINT32_MAX, square_before = UINT32_MAX;
  for (const Painted& painted : painted_) {
    if (painted.square != square_before) {
      square_before = painted.square;
      Block& block = blocks_[square_before >> 8];
      if (square_before >> 8 != block_before) {
        block_before = square_before >> 8;
        block.first_undecided = static_cast<uint32_t>(undecided_.size());
      }
      uint8_t& points = block.points[square_before & 0xff];
      undecided_.push_back({static_cast<uint32_t>(pending_.size()), points});
      points = kUndecided;
    }
    const auto from = features_.begin() + painted.pending.first_feature;
    pending_.push_back(painted.pending);
    pending_.back().first_feature = static_cast<uint32_t>(features.size());
    features.insert(features.end(), from, from + painted.features);
  }
  undecided_.push_back({static_cast<uint32_t>(pending_.size()), 0});
  pending_.push_back({static_cast<uint32_t>(features.size()), 0, 0});
  features_.swap(features);
  painted_ = {};
  blocks_.shrink_to_fit();
  undecided_.shrink_to_fit();
}

Raster::Undecided Raster::undecided_at(uint32_t x, uint32_t y) const noexcept {
  const Block& block = blocks_[entries_[entry_index(x, y)] - kFirstBlock];
  const uint32_t inner = inner_index(x, y);
  size_t rank = block.first_undecided;
  for (uint32_t word = 0; word < inner / 64; ++word) {
    rank += static_cast<size_t>(std::popcount(block.undecided[word]));
  }
  const uint64_t before = (uint64_t{1} << inner % 64) - 1;
  rank += static_cast<size_t>(std::popcount(block.undecided[inner / 64] & before));
  const UndecidedSquare& found = undecided_[rank];
  const size_t count = undecided_[rank + 1].first_pending - found.first_pending;
  return {found.points, {pending_.data() + found.first_pending, count}};
}

uint8_t Raster::most_at(uint32_t x, uint32_t y) const noexcept {
  const uint8_t points = at(x, y);
  if (points != kUndecided) return points;
  const Undecided found = undecided_at(x, y);
  uint8_t most = found.points;
  for (const Pending& pending : found.pending) most = add_points(most, pending.points);
  return most;
}

uint8_t Raster::most_points(uint32_t x, uint32_t y, uint32_t x_end, uint32_t y_end) const noexcept {
  uint8_t most = 0;
  for (uint32_t top = y; top < y_end; top = (top | (kBlockEdge - 1)) + 1) {
    const uint32_t bottom = std::min(y_end, (top | (kBlockEdge - 1)) + 1);
    for (uint32_t left = x; left < x_end; left = (left | (kBlockEdge - 1)) + 1) {
      const uint32_t right = std::min(x_end, (left | (kBlockEdge - 1)) + 1);
      const uint32_t entry = entries_[entry_index(left, top)];
      if (entry < kFirstBlock) {
        most = std::max(most, static_cast<uint8_t>(entry));
        continue;
      }
      for (uint32_t row = top; row < bottom; ++row) {
        for (uint32_t column = left; column < right; ++column) {
          most = std::max(most, most_at(column, row));
        }
      }
    }
  }
  return most;
}

size_t Raster::bytes() const noexcept {
  return entries_.capacity() * sizeof(uint32_t) + blocks_.capacity() * sizeof(Block) +
         undecided_.capacity() * sizeof(UndecidedSquare) + pending_.capacity() * sizeof(Pending) +
         features_.capacity() * sizeof(uint32_t);
}

}  // namespace octoload::hot
