// What a source holds, counted while its keys pass in preorder: rows by
// material, and a map of where the nodes are.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "../derive/preorder_key.h"

namespace octoload::load {

// One pixel is a cell of level 9 in x and of level 8 in y, z ignored.
inline constexpr size_t kMapWidth = 512;
inline constexpr size_t kMapHeight = 256;
inline constexpr uint8_t kNoNode = 0xff;

// More materials than that are counted together.
inline constexpr size_t kMaxCountedMaterials = 4096;

class Survey {
 public:
  Survey();

  void add(derive::Wide preorder_key, bool has_material, int32_t material) noexcept;

  uint64_t without_material() const noexcept { return without_material_; }
  uint64_t other_materials() const noexcept { return other_materials_; }
  const std::unordered_map<int32_t, uint64_t>& materials() const noexcept { return materials_; }
  // kMapWidth x kMapHeight, rows from the south. The deepest level that covers
  // a pixel, and the nodes whose cell begins in it.
  const std::vector<uint8_t>& deepest_levels() const noexcept { return deepest_levels_; }
  const std::vector<uint32_t>& nodes() const noexcept { return nodes_; }

 private:
  void count_material(bool has_material, int32_t material) noexcept;
  void paint(size_t x, size_t y, unsigned level) noexcept;

  std::vector<uint16_t> positions_;  // 15 code bits -> x (5 bits) and y (5 bits)
  std::vector<uint8_t> deepest_levels_;
  std::vector<uint32_t> nodes_;
  std::unordered_map<int32_t, uint64_t> materials_;
  derive::Wide last_painted_ = ~derive::Wide{0};  // no key
  uint64_t* last_count_ = nullptr;                // of last_material_: neighbours are often alike
  int32_t last_material_ = 0;
  uint64_t without_material_ = 0;
  uint64_t other_materials_ = 0;
};

}  // namespace octoload::load
