// The encoder's side of the columns: reads one row, checked and bounded. Every
// kind and slot is read once, for another thread may be writing to them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "../common/frame.h"
#include "../common/row_status.h"
#include "envelope.h"
#include "layout.h"
#include "row_key.h"

namespace octoload::envelope {

struct InputRow {
  RowKey key;
  Value id, density, created, metadata;
  uint32_t classes = kUsualClasses;
  std::array<uint64_t, 3> residuals;
};

class InputRows {
 public:
  InputRows(const Columns& columns, const Frame& frame) noexcept;

  // All but the originals' and the unmapped columns' values, which most rows
  // do not have.
  RowStatus read(size_t row, InputRow* values) const noexcept;

  // The value of original column k, whose kind (TEXT or BLOB) is set already.
  RowStatus read_original(unsigned k, size_t row, Value* value) const noexcept;

  // The value of unmapped column k.
  RowStatus read_extra(size_t k, size_t row, Value* value) const noexcept;

 private:
  RowStatus read_coordinates(size_t row, InputRow* values) const noexcept;
  RowStatus read_classes(size_t row, const std::array<double, 3>& coordinates,
                         uint32_t* classes) const noexcept;

  const Columns& columns_;
  const Frame& frame_;
  bool all_usual_ = true;  // x, y, z, level and material have their usual class in every row
};

}  // namespace octoload::envelope
