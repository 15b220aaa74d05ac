#include "prepared_rows.h"

#include <cstring>

#include "../derive/created_time.h"
#include "../morton/kernels.h"
#include "exact_number.h"

namespace octoload::load {
namespace {

using batch::SourceColumn;
using envelope::Kind;

constexpr uint8_t kNoLevel = 0xff;

bool is_all(const uint8_t* kinds, size_t count, uint8_t kind) noexcept {
  uint8_t difference = 0;
  for (size_t row = 0; row < count; ++row) difference |= static_cast<uint8_t>(kinds[row] ^ kind);
  return difference == 0;
}

int64_t as_integer(uint64_t slot) noexcept { return static_cast<int64_t>(slot); }

// A TEXT or BLOB slot's bytes; empty where it points outside of them.
std::span<const uint8_t> bytes_of(uint64_t slot, std::span<const uint8_t> bytes) noexcept {
  const uint64_t offset = slot & 0xffffffffu;
  const uint64_t length = slot >> 32;
  if (offset + length > bytes.size()) return {};
  return bytes.subspan(static_cast<size_t>(offset), static_cast<size_t>(length));
}

}  // namespace

void PreparedRows::prepare(const batch::SourceBatch& batch, const FileFacts& file,
                           const PrepareOptions& options) {
  batch_ = &batch;
  resize(batch.rows());
  read_levels(options.coerce_text);
  for (size_t axis = 0; axis < 3; ++axis) read_coordinates(axis, options.coerce_text);
  locate(options.frame);
  read_materials(options.coerce_text);
  read_created();
  find_too_large();
  select(options);
  describe_columns(file);
}

void PreparedRows::resize(size_t rows) {
  count_ = rows;
  status.assign(rows, kRowOk);
  has_key.resize(rows);
  is_selected.resize(rows);
  tiles.resize(rows);
  cells.resize(rows);
  levels.resize(rows);
  materials.resize(rows);
  no_material.resize(rows);
  created_us.resize(rows);
  has_created.resize(rows);
  morton_status_.resize(rows);
}

void PreparedRows::read_levels(bool coerce) {
  const uint8_t* const kinds = batch_->kinds(SourceColumn::kLevelColumn);
  const uint64_t* const slots = batch_->slots(SourceColumn::kLevelColumn);
  for (size_t row = 0; row < count_; ++row) {
    int64_t level = as_integer(slots[row]);
    const bool is_number = kinds[row] == Kind::kInteger ||
                           (coerce && kinds[row] == Kind::kText &&
                            parse_int64(bytes_of(slots[row], batch_->bytes()), &level));
    const bool is_level = is_number && level >= 0 && level <= int64_t{kMaxLevel};
    levels[row] = is_level ? static_cast<uint8_t>(level) : kNoLevel;
    if (!is_number) {
      refuse(row, kRowBadLevelClass);
    } else if (!is_level) {
      refuse(row, kRowBadLevel);
    }
  }
}

void PreparedRows::read_coordinates(size_t axis, bool coerce) {
  const size_t column = SourceColumn::kXColumn + axis;
  const uint8_t* const kinds = batch_->kinds(column);
  const uint64_t* const slots = batch_->slots(column);
  if (is_all(kinds, count_, Kind::kReal)) {
    xyz_[axis] = reinterpret_cast<const double*>(slots);
    return;
  }
  std::vector<double>& numbers = converted_[axis];
  numbers.resize(count_);
  for (size_t row = 0; row < count_; ++row) {
    double number = __builtin_bit_cast(double, slots[row]);
    RowStatus fault = kRowOk;
    if (kinds[row] == Kind::kInteger) {
      if (!to_exact_double(as_integer(slots[row]), &number)) fault = kRowInexactCoordinate;
    } else if (kinds[row] == Kind::kText && coerce) {
      const auto text = bytes_of(slots[row], batch_->bytes());
      if (!parse_double(text, &number)) fault = kRowBadCoordinate;
    } else if (kinds[row] != Kind::kReal) {
      fault = kRowBadCoordinate;
    }
    if (fault != kRowOk) {
      refuse(row, fault);
      number = __builtin_nan("");
    }
    numbers[row] = number;
  }
  xyz_[axis] = numbers.data();
}

// Tells the row's key, and keeps an earlier and clearer fault of its columns.
void PreparedRows::locate(const Frame& frame) {
  morton::best_kernel().kernel->encode({xyz_[0], xyz_[1], xyz_[2], count_}, {levels.data(), 0},
                                       frame, {tiles.data(), cells.data(), morton_status_.data()});
  for (size_t row = 0; row < count_; ++row) {
    has_key[row] = morton_status_[row] == kRowOk;
    if (status[row] == kRowOk) status[row] = morton_status_[row];
  }
}

void PreparedRows::read_materials(bool coerce) {
  const uint8_t* const kinds = batch_->kinds(SourceColumn::kMaterialColumn);
  const uint64_t* const slots = batch_->slots(SourceColumn::kMaterialColumn);
  for (size_t row = 0; row < count_; ++row) {
    int64_t material = as_integer(slots[row]);
    const bool is_number = kinds[row] == Kind::kInteger ||
                           (coerce && kinds[row] == Kind::kText &&
                            parse_int64(bytes_of(slots[row], batch_->bytes()), &material));
    const bool is_material = is_number && material >= INT32_MIN && material <= INT32_MAX;
    materials[row] = is_material ? static_cast<int32_t>(material) : 0;
    no_material[row] = !is_material;
    if (!is_material && kinds[row] != Kind::kNull) refuse(row, kRowBadMaterial);
  }
}

void PreparedRows::read_created() {
  const uint8_t* const kinds = batch_->kinds(SourceColumn::kCreatedColumn);
  const uint64_t* const slots = batch_->slots(SourceColumn::kCreatedColumn);
  unreadable_created = 0;
  for (size_t row = 0; row < count_; ++row) {
    int64_t micros = 0;
    const derive::CreatedOutcome outcome =
        derive::parse_created(kinds[row], slots[row], batch_->bytes(), &micros);
    has_created[row] = outcome == derive::CreatedOutcome::kTime;
    created_us[row] = has_created[row] != 0 ? micros : 0;
    unreadable_created += outcome == derive::CreatedOutcome::kUnreadable ? 1 : 0;
  }
}

void PreparedRows::find_too_large() {
  for (size_t column = 0; column < batch_->columns(); ++column) {
    const uint8_t* const kinds = batch_->kinds(column);
    const uint8_t* const end = kinds + count_;
    for (const uint8_t* at = kinds; at != end; ++at) {
      at = static_cast<const uint8_t*>(
          std::memchr(at, batch::kTooLarge, static_cast<size_t>(end - at)));
      if (at == nullptr) break;
      refuse(static_cast<size_t>(at - kinds), kRowTooLarge);
    }
  }
}

// A row whose level cannot be read is nobody's to leave out: it is reported.
void PreparedRows::select(const PrepareOptions& options) {
  const uint64_t* const wanted = batch_->slots(SourceColumn::kSelectedColumn);
  for (size_t row = 0; row < count_; ++row) {
    const bool in_levels = levels[row] == kNoLevel ||
                           (levels[row] >= options.min_level && levels[row] <= options.max_level);
    is_selected[row] = wanted[row] != 0 && in_levels;
  }
}

envelope::ValueColumn PreparedRows::value_column(size_t column, const FileFacts& file) const {
  envelope::ValueColumn values;
  if ((file.absent >> column & 1) != 0) return values;
  values.kinds = batch_->kinds(column);
  values.slots = batch_->slots(column);
  return values;
}

// A NULL material is told by the row's own column: to the envelope it is usual.
const uint8_t* PreparedRows::material_kinds(const uint8_t* kinds) {
  if (kinds == nullptr) return nullptr;
  material_kinds_.resize(count_);
  for (size_t row = 0; row < count_; ++row) {
    material_kinds_[row] = kinds[row] == Kind::kNull ? uint8_t{Kind::kInteger} : kinds[row];
  }
  return material_kinds_.data();
}

void PreparedRows::describe_columns(const FileFacts& file) {
  columns_ = {};
  columns_.count = count_;
  columns_.keys = {tiles.data(), cells.data(), levels.data(), 0};
  for (size_t axis = 0; axis < 3; ++axis) columns_.xyz[axis] = xyz_[axis];
  columns_.id = value_column(SourceColumn::kIdColumn, file);
  columns_.density = value_column(SourceColumn::kDensityColumn, file);
  columns_.created = value_column(SourceColumn::kCreatedColumn, file);
  columns_.metadata = value_column(SourceColumn::kMetadataColumn, file);
  constexpr size_t kSources[] = {SourceColumn::kXColumn, SourceColumn::kYColumn,
                                 SourceColumn::kZColumn, SourceColumn::kLevelColumn,
                                 SourceColumn::kMaterialColumn};
  for (size_t k = 0; k < envelope::kOriginals; ++k) {
    const uint8_t usual = k <= envelope::kZ ? Kind::kReal : Kind::kInteger;
    envelope::ValueColumn& original = columns_.originals[k];
    original = value_column(kSources[k], file);
    if (k == envelope::kMaterial) original.kinds = material_kinds(original.kinds);
    if (original.kinds != nullptr && is_all(original.kinds, count_, usual)) {
      original = {nullptr, usual, nullptr};
    }
  }
  extras_.clear();
  columns_.column_set = file.column_set;
  for (size_t c = SourceColumn::kFixedColumns; c < batch_->columns(); ++c) {
    extras_.push_back(value_column(c, {}));
  }
  if (file.column_set != 0) columns_.extras = extras_;
  columns_.bytes = batch_->bytes();
}

}  // namespace octoload::load
