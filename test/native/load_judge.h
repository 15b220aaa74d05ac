// One source row by the rules as they are written down: its status, its key and
// the values that count.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "../../native/load/prepared_rows.h"
#include "derive_oracle.h"
#include "load_rows.h"

namespace octoload::test {

struct Judged {
  uint8_t status = kRowOk;
  bool has_key = false;
  bool is_selected = false;
  bool has_unreadable_created = false;
  unsigned level = 0;
  Wide code = 0;
  double xyz[3] = {};
  std::optional<int32_t> material;
  std::optional<int64_t> created_us;
};

class Judge {
 public:
  explicit Judge(const load::PrepareOptions& options) : options_(options) {}

  Judged judge(const LoadRow& row) const {
    Judged judged;
    const std::optional<int64_t> level = integer_of(row.values[batch::kLevelColumn]);
    const bool has_level = level && *level >= 0 && *level <= 26;
    if (!level) judged.status = kRowBadLevelClass;
    if (level && !has_level) judged.status = kRowBadLevel;
    judged.level = has_level ? static_cast<unsigned>(*level) : 0;
    bool has_coordinates = true;
    for (size_t axis = 0; axis < 3; ++axis) {
      const TestValue& value = row.values[batch::kXColumn + axis];
      const uint8_t fault = read_coordinate(value, &judged.xyz[axis]);
      has_coordinates = has_coordinates && fault == kRowOk;
      refuse(judged, fault);
    }
    const uint8_t outside = locate(judged);
    judged.has_key = has_level && has_coordinates && outside == 0;
    refuse(judged, outside);
    read_material(row.values[batch::kMaterialColumn], judged);
    read_created(row.values[batch::kCreatedColumn], judged);
    bool has_too_large = false;
    for (const TestValue& value : row.values) has_too_large |= value.kind == batch::kTooLarge;
    for (const TestValue& value : row.extras) has_too_large |= value.kind == batch::kTooLarge;
    refuse(judged, has_too_large ? kRowTooLarge : kRowOk);
    judged.is_selected =
        row.values[batch::kSelectedColumn].bits != 0 &&
        (!has_level || (*level >= options_.min_level && *level <= options_.max_level));
    return judged;
  }

 private:
  static void refuse(Judged& judged, uint8_t status) {
    if (judged.status == kRowOk) judged.status = status;
  }

  std::optional<int64_t> integer_of(const TestValue& value) const {
    if (value.kind == envelope::kInteger) return static_cast<int64_t>(value.bits);
    if (value.kind != envelope::kText || !options_.coerce_text) return std::nullopt;
    const KnownText* const known = find_known(value);
    return known != nullptr ? known->integer : std::nullopt;
  }

  uint8_t read_coordinate(const TestValue& value, double* number) const {
    *number = std::numeric_limits<double>::quiet_NaN();
    if (value.kind == envelope::kReal) {
      *number = __builtin_bit_cast(double, value.bits);
    } else if (value.kind == envelope::kInteger) {
      const auto integer = static_cast<int64_t>(value.bits);
      const long double exact = static_cast<long double>(static_cast<double>(integer));
      if (exact != static_cast<long double>(integer)) return kRowInexactCoordinate;
      *number = static_cast<double>(integer);
    } else {
      const bool is_text = value.kind == envelope::kText && options_.coerce_text;
      const KnownText* const known = is_text ? find_known(value) : nullptr;
      if (known == nullptr || !known->number) return kRowBadCoordinate;
      *number = *known->number;
    }
    return kRowOk;
  }

  uint8_t locate(Judged& judged) const {
    uint8_t outside = 0;
    for (size_t axis = 0; axis < 3; ++axis) {
      const double t = (judged.xyz[axis] - options_.frame.min[axis]) / options_.frame.size[axis];
      if (!(t >= 0 && t <= 1)) {
        outside = static_cast<uint8_t>(outside + (1 << axis));
        continue;
      }
      auto index = static_cast<uint64_t>(std::floor(std::ldexp(t, static_cast<int>(judged.level))));
      if (index >> judged.level != 0) --index;  // t is 1
      for (unsigned bit = 0; bit < judged.level; ++bit) {
        judged.code |= Wide{index >> bit & 1} << (3 * bit + axis);
      }
    }
    return outside;
  }

  void read_material(const TestValue& value, Judged& judged) const {
    if (value.kind == envelope::kNull) return;
    const std::optional<int64_t> material = integer_of(value);
    if (material && *material >= INT32_MIN && *material <= INT32_MAX) {
      judged.material = static_cast<int32_t>(*material);
    } else {
      refuse(judged, kRowBadMaterial);
    }
  }

  static void read_created(const TestValue& value, Judged& judged) {
    if (value.kind == envelope::kNull) return;
    if (value.kind == envelope::kInteger) {
      const auto count = static_cast<int64_t>(value.bits);
      const double magnitude = std::fabs(static_cast<double>(count));
      judged.created_us = count * (magnitude < 1e11 ? 1000000 : magnitude < 1e14 ? 1000 : 1);
    } else if (value.kind == envelope::kReal) {
      const double day = __builtin_bit_cast(double, value.bits);
      if (day >= 0 && day < 5373484.5) {
        const auto millis = static_cast<int64_t>(day * 86400000 + 0.5);
        judged.created_us = (millis - 210866760000000) * 1000;
      }
    } else if (value.kind == envelope::kText) {
      const KnownText* const known = find_known(value);
      if (known != nullptr) judged.created_us = known->created_us;
    }
    judged.has_unreadable_created = !judged.created_us;
  }

  load::PrepareOptions options_;
};

}  // namespace octoload::test
