#include "collision_order.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace octoload::derive {
namespace {

using envelope::kBlob;
using envelope::kInteger;
using envelope::kReal;
using envelope::kText;

enum class IdClass : uint8_t { kNothing, kNumber, kText, kBlob };

IdClass class_of(const KeyRecord& record) noexcept {
  switch (record.id_kind) {
    case kInteger:
    case kReal:
      return IdClass::kNumber;
    case kText:
      return IdClass::kText;
    case kBlob:
      return IdClass::kBlob;
    default:
      return IdClass::kNothing;
  }
}

template <class T>
int compare(T a, T b) noexcept {
  return (a > b ? 1 : 0) - (a < b ? 1 : 0);
}

int64_t integer_of(const KeyRecord& record) noexcept {
  return static_cast<int64_t>(record.id_word);
}
double real_of(const KeyRecord& record) noexcept { return std::bit_cast<double>(record.id_word); }

int compare_reals(double a, double b) noexcept {
  if (std::isnan(a) || std::isnan(b)) return compare(!std::isnan(a), !std::isnan(b));
  return compare(a, b);
}

// Exact: both as integers first; where those are equal, the integer is small
// enough to be a double or the double has no fraction.
int compare_integer_to_real(int64_t integer, double real) noexcept {
  if (std::isnan(real) || real < -0x1p63) return 1;
  if (real >= 0x1p63) return -1;
  const int whole = compare(integer, static_cast<int64_t>(real));
  return whole != 0 ? whole : compare(static_cast<double>(integer), real);
}

int compare_numbers(const KeyRecord& a, const KeyRecord& b) noexcept {
  if (a.id_kind == kInteger && b.id_kind == kInteger) return compare(integer_of(a), integer_of(b));
  if (a.id_kind == kInteger) return compare_integer_to_real(integer_of(a), real_of(b));
  if (b.id_kind == kInteger) return -compare_integer_to_real(integer_of(b), real_of(a));
  return compare_reals(real_of(a), real_of(b));
}

int compare_bytes(std::span<const uint8_t> a, std::span<const uint8_t> b) noexcept {
  const size_t common = std::min(a.size(), b.size());
  const int order = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
  return order != 0 ? compare(order, 0) : compare(a.size(), b.size());
}

int compare_created(const KeyRecord& a, const KeyRecord& b) noexcept {
  if (!a.has_created || !b.has_created) return compare(a.has_created, b.has_created);
  return compare(a.created_us, b.created_us);
}

}  // namespace

int compare_ids(const KeyRecord& a, const KeyRecord& b) noexcept {
  const IdClass id_class = class_of(a);
  const int order = compare(id_class, class_of(b));
  if (order != 0 || id_class == IdClass::kNothing) return order;
  if (id_class == IdClass::kNumber) return compare_numbers(a, b);
  return compare_bytes(a.id_bytes, b.id_bytes);
}

bool wins_over(const KeyRecord& a, const KeyRecord& b) noexcept {
  if (const int order = compare_created(a, b); order != 0) return order > 0;
  if (const int order = compare_ids(a, b); order != 0) return order > 0;
  if (a.file != b.file) return a.file > b.file;
  return a.rowid > b.rowid;
}

}  // namespace octoload::derive
