// The columns of a source batch as the kernels want them: coordinates as
// doubles, levels as bytes, keys, materials, times; and what is wrong with each
// row by the source's own rules.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "../batch/source_batch.h"
#include "../common/frame.h"
#include "../envelope/envelope.h"
#include "../envelope/row_key.h"

namespace octoload::load {

struct PrepareOptions {
  Frame frame{};
  bool coerce_text = false;  // TEXT in a numeric column counts where all of it is a number
  uint8_t min_level = 0;     // rows of other levels are not selected
  uint8_t max_level = kMaxLevel;
};

// Which of the batch's columns its file does not have (bit: batch::SourceColumn),
// and the number of its set of unmapped columns, 0 for none.
struct FileFacts {
  uint32_t number = 0;
  uint32_t absent = 0;
  uint32_t column_set = 0;
};

class PreparedRows {
 public:
  // `batch` has to outlive the use of this object.
  void prepare(const batch::SourceBatch& batch, const FileFacts& file,
               const PrepareOptions& options);

  size_t count() const noexcept { return count_; }
  // Of a row that has one.
  envelope::RowKey key(size_t row) const noexcept { return {tiles[row], cells[row], levels[row]}; }
  // For the envelope's encoder, which rejects the rows without a key itself.
  const envelope::Columns& columns() const noexcept { return columns_; }

  // One element a row. A row has a key unless its status is one of those that
  // concern coordinates or level.
  std::vector<uint8_t> status;
  std::vector<uint8_t> has_key;
  std::vector<uint8_t> is_selected;
  std::vector<uint64_t> tiles;
  std::vector<uint16_t> cells;
  std::vector<uint8_t> levels;
  std::vector<int32_t> materials;
  std::vector<uint8_t> no_material;
  std::vector<int64_t> created_us;
  std::vector<uint8_t> has_created;
  size_t unreadable_created = 0;  // Created values that are neither NULL nor a time

 private:
  void resize(size_t rows);
  void read_levels(bool coerce);
  void read_coordinates(size_t axis, bool coerce);
  void read_materials(bool coerce);
  void read_created();
  void find_too_large();
  void select(const PrepareOptions& options);
  void locate(const Frame& frame);
  void describe_columns(const FileFacts& file);
  const uint8_t* material_kinds(const uint8_t* kinds);
  envelope::ValueColumn value_column(size_t column, const FileFacts& file) const;
  void refuse(size_t row, RowStatus why) noexcept {
    if (status[row] == kRowOk) status[row] = why;
  }

  const batch::SourceBatch* batch_ = nullptr;
  size_t count_ = 0;
  std::array<std::vector<double>, 3> converted_;  // of an axis that is not all REAL
  std::array<const double*, 3> xyz_{};
  std::vector<uint8_t> morton_status_;
  std::vector<uint8_t> material_kinds_;
  std::vector<envelope::ValueColumn> extras_;
  envelope::Columns columns_;
};

}  // namespace octoload::load
