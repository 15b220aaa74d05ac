// The survey against a raster painted one node at a time, in finest cells.
#include <cstdlib>
#include <map>

#include "../../native/load/survey.h"
#include "check.h"
#include "derive_batches.h"
#include "random.h"

using namespace octoload;
using namespace octoload::test;

namespace {

// In cells of level 26.
constexpr uint64_t kPixelWidth = (uint64_t{1} << 26) / load::kMapWidth;
constexpr uint64_t kPixelHeight = (uint64_t{1} << 26) / load::kMapHeight;

class Raster {
 public:
  void add(unsigned level, Wide code) {
    uint64_t x = 0, y = 0;
    for (unsigned bit = 0; bit < level; ++bit) {
      x |= static_cast<uint64_t>(code >> (3 * bit) & 1) << bit;
      y |= static_cast<uint64_t>(code >> (3 * bit + 1) & 1) << bit;
    }
    const unsigned shift = 26 - level;
    const uint64_t left = (x << shift) / kPixelWidth;
    const uint64_t right = (((x + 1) << shift) - 1) / kPixelWidth;
    const uint64_t bottom = (y << shift) / kPixelHeight;
    const uint64_t top = (((y + 1) << shift) - 1) / kPixelHeight;
    ++nodes[bottom * load::kMapWidth + left];
    for (uint64_t row = bottom; row <= top; ++row) {
      for (uint64_t column = left; column <= right; ++column) {
        uint8_t& pixel = levels[row * load::kMapWidth + column];
        if (pixel == load::kNoNode || pixel < level) pixel = static_cast<uint8_t>(level);
      }
    }
  }

  std::vector<uint8_t> levels =
      std::vector<uint8_t>(load::kMapWidth * load::kMapHeight, load::kNoNode);
  std::vector<uint32_t> nodes = std::vector<uint32_t>(load::kMapWidth * load::kMapHeight);
};

Wide random_code(Random& random, unsigned level) {
  Wide code = Wide{random.next()} << 64 | random.next();
  if (random.next() % 8 == 0) code = ~Wide{0};  // the last cell's pixel is the last one
  return code & ((Wide{1} << (3 * level)) - 1);
}

void test_raster(Random& random, unsigned first_level, size_t nodes) {
  std::vector<SourceRow> rows;
  for (size_t i = 0; i < nodes; ++i) {
    const auto level = first_level + static_cast<unsigned>(random.next() % (27 - first_level));
    rows.push_back(row_at(level, random_code(random, level), 1));
    if (random.next() % 4 == 0) rows.push_back(rows.back());  // a collision
  }
  sort_rows(rows);
  Raster raster;
  load::Survey survey;
  for (const SourceRow& row : rows) {
    raster.add(row.level, row.code);
    survey.add(derive::load_preorder_key(pack_key(row).data()), true, 1);
  }
  CHECK(survey.deepest_levels() == raster.levels);
  CHECK(survey.nodes() == raster.nodes);
}

void test_every_level(Random& random) {
  for (unsigned level = 0; level <= 26; ++level) {
    Raster raster;
    load::Survey survey;
    for (int i = 0; i < 3; ++i) {
      const SourceRow row = row_at(level, random_code(random, level), {});
      raster.add(row.level, row.code);
      survey.add(derive::load_preorder_key(pack_key(row).data()), false, 0);
    }
    CHECK(survey.deepest_levels() == raster.levels);
    CHECK(survey.nodes() == raster.nodes);
    CHECK_EQ(survey.without_material(), 3u);
  }
}

// Runs of one material, NULLs and materials that are met again among them.
void test_materials(Random& random, int32_t distinct, size_t rows) {
  std::map<int32_t, uint64_t> counted;
  uint64_t without = 0, others = 0;
  load::Survey survey;
  int32_t material = 0;
  for (size_t i = 0; i < rows; ++i) {
    if (random.next() % 3 == 0) material = static_cast<int32_t>(random.next()) % distinct;
    const bool has_material = random.next() % 5 != 0;
    if (!has_material) {
      ++without;
    } else if (counted.contains(material) || counted.size() < load::kMaxCountedMaterials) {
      ++counted[material];
    } else {
      ++others;
    }
    survey.add(26, has_material, material);
  }
  CHECK_EQ(survey.without_material(), without);
  CHECK_EQ(survey.other_materials(), others);
  const auto& materials = survey.materials();
  CHECK((std::map<int32_t, uint64_t>(materials.begin(), materials.end()) == counted));
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 30;
  Random random(65);
  test_every_level(random);
  test_raster(random, 0, 60);
  for (size_t round = 0; round < 2 + effort / 10; ++round) test_raster(random, 5, 4000);
  test_materials(random, 10, 3000);
  test_materials(random, 3000, 30'000);
  return check_report("load survey");
}
