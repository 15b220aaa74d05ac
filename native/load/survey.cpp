#include "survey.h"

#include <algorithm>

namespace octoload::load {
namespace {

constexpr unsigned kPixelLevel = 9;  // along x; one less along y
constexpr unsigned kTableBits = 15;  // five levels at once

}  // namespace

Survey::Survey()
    : positions_(size_t{1} << kTableBits),
      deepest_levels_(kMapWidth * kMapHeight, kNoNode),
      nodes_(kMapWidth * kMapHeight) {
  for (size_t code = 0; code < positions_.size(); ++code) {
    unsigned x = 0, y = 0;
    for (unsigned bit = 0; bit < kTableBits / 3; ++bit) {
      x |= static_cast<unsigned>(code >> (3 * bit) & 1) << bit;
      y |= static_cast<unsigned>(code >> (3 * bit + 1) & 1) << bit;
    }
    positions_[code] = static_cast<uint16_t>(x << 8 | y);
  }
}

void Survey::add(derive::Wide preorder_key, bool has_material, int32_t material) noexcept {
  count_material(has_material, material);
  // The key's top 30 bits are the code of the cell's corner at level 10.
  const auto corner = static_cast<uint64_t>(preorder_key >> (128 - 2 * kTableBits));
  const uint16_t high = positions_[corner >> kTableBits];
  const uint16_t low = positions_[corner & ((1u << kTableBits) - 1)];
  const size_t x = (static_cast<size_t>(high >> 8) << 5 | low >> 8) >> (10 - kPixelLevel);
  const size_t y = (static_cast<size_t>(high & 0xff) << 5 | (low & 0xff)) >> (11 - kPixelLevel);
  ++nodes_[y * kMapWidth + x];
  // Many rows of one large cell would be painted for long.
  if (preorder_key == last_painted_) return;
  last_painted_ = preorder_key;
  paint(x, y, derive::level_of(preorder_key));
}

// In preorder the deeper cells come later, but not over other heights: the
// deepest stays.
void Survey::paint(size_t x, size_t y, unsigned level) noexcept {
  const size_t width = level < kPixelLevel ? size_t{1} << (kPixelLevel - level) : 1;
  const size_t height = std::max<size_t>(1, width / 2);
  for (size_t row = y; row < y + height; ++row) {
    uint8_t* const pixels = deepest_levels_.data() + row * kMapWidth + x;
    for (size_t i = 0; i < width; ++i) {
      const bool is_deeper = pixels[i] == kNoNode || pixels[i] < level;
      if (is_deeper) pixels[i] = static_cast<uint8_t>(level);
    }
  }
}

void Survey::count_material(bool has_material, int32_t material) noexcept {
  if (!has_material) {
    ++without_material_;
    return;
  }
  if (last_count_ == nullptr || material != last_material_) {
    const auto found = materials_.find(material);
    if (found == materials_.end() && materials_.size() >= kMaxCountedMaterials) {
      ++other_materials_;
      return;
    }
    // References into an unordered_map stay good when it grows.
    last_count_ = found == materials_.end() ? &materials_[material] : &found->second;
    last_material_ = material;
  }
  ++*last_count_;
}

}  // namespace octoload::load
