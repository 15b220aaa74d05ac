// The derivation once more, from its definition: every row is compared with
// every other one. Dull and slow, for small trees.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "../../native/derive/deriver.h"
#include "../../native/derive/key_record.h"

namespace octoload::test {

__extension__ using Wide = unsigned __int128;

struct SourceRow {
  unsigned level = 0;
  Wide code = 0;
  uint32_t file = 0;
  int64_t rowid = 0;
  std::optional<int32_t> material;
  std::optional<int64_t> created_us;
  uint8_t id_kind = envelope::kNull;
  uint64_t id_word = 0;
  std::vector<uint8_t> id_bytes;
};

inline envelope::RowKey key_of(const SourceRow& row) {
  return {static_cast<uint64_t>(row.code >> 15),
          static_cast<uint16_t>(static_cast<uint64_t>(row.code) & 0x7fff),
          static_cast<uint8_t>(row.level)};
}

inline derive::KeyRecord record_of(const SourceRow& row) {
  derive::KeyRecord record;
  record.rowid = row.rowid;
  record.file = row.file;
  record.has_material = row.material.has_value();
  record.material = row.material.value_or(0);
  record.has_created = row.created_us.has_value();
  record.created_us = row.created_us.value_or(0);
  record.id_kind = row.id_kind;
  record.id_word = row.id_word;
  record.id_bytes = row.id_bytes;
  return record;
}

struct OracleResult {
  unsigned children_mask = 0;
  float homogeneity = 1;
  bool is_orphan = false;
  const SourceRow* winner = nullptr;
  std::vector<const SourceRow*> losers;
};

class Oracle {
 public:
  using Cell = std::pair<unsigned, Wide>;  // level and code

  explicit Oracle(const std::vector<SourceRow>& rows) {
    for (const SourceRow& row : rows) contend(cells_[{row.level, row.code}], row);
    for (auto& [cell, result] : cells_) derive_cell(cell, result);
  }

  const std::map<Cell, OracleResult>& cells() const { return cells_; }

 private:
  static void contend(OracleResult& cell, const SourceRow& row) {
    if (cell.winner == nullptr) {
      cell.winner = &row;
    } else if (rank_of(row) > rank_of(*cell.winner)) {
      cell.losers.push_back(std::exchange(cell.winner, &row));
    } else {
      cell.losers.push_back(&row);
    }
  }

  // Every number is exact in a long double: 64 bits of it suffice.
  static long double number_of(const SourceRow& row) {
    if (row.id_kind == envelope::kInteger) {
      return static_cast<long double>(static_cast<int64_t>(row.id_word));
    }
    double real = 0;
    if (row.id_kind == envelope::kReal) std::memcpy(&real, &row.id_word, sizeof real);
    return static_cast<long double>(real);
  }

  using Rank =
      std::tuple<std::optional<int64_t>, int, long double, std::vector<uint8_t>, uint32_t, int64_t>;
  static Rank rank_of(const SourceRow& row) {
    constexpr int kClasses[] = {0, 1, 1, 2, 3, 0};  // by storage class
    const int id_class = kClasses[row.id_kind];
    return {row.created_us,
            id_class,
            id_class == 1 ? number_of(row) : 0,
            id_class >= 2 ? row.id_bytes : std::vector<uint8_t>{},
            row.file,
            row.rowid};
  }

  static bool is_inside(const Cell& inner, const Cell& outer) {
    return inner.first > outer.first &&
           inner.second >> (3 * (inner.first - outer.first)) == outer.second;
  }

  bool is_leaf(const Cell& cell) const {
    for (const auto& [other, result] : cells_) {
      if (is_inside(other, cell)) return false;
    }
    return true;
  }

  std::optional<int32_t> material_of(Cell cell) const {
    for (;;) {
      const auto found = cells_.find(cell);
      if (found != cells_.end() && found->second.winner->material) {
        return found->second.winner->material;
      }
      if (cell.first == 0) return std::nullopt;
      cell = {cell.first - 1, cell.second >> 3};
    }
  }

  // To the nearest, ties to even.
  static double to_double(Wide value) {
    int exponent = 0;
    bool has_rest = false;
    for (; value >> 54 != 0; value >>= 1, ++exponent) has_rest |= (value & 1) != 0;
    if (value >> 53 != 0) {
      const bool is_up = (value & 1) != 0 && (has_rest || (value & 2) != 0);
      value = (value >> 1) + (is_up ? 1 : 0);
      ++exponent;
    }
    double result = static_cast<double>(static_cast<uint64_t>(value));
    for (; exponent > 0; --exponent) result *= 2;
    return result;
  }

  void derive_cell(const Cell& cell, OracleResult& result) const {
    const auto [level, code] = cell;
    for (unsigned i = 0; i < 8; ++i) {
      if (cells_.contains({level + 1, code * 8 + i})) result.children_mask += 1u << i;
    }
    result.is_orphan = level > 0 && !cells_.contains({level - 1, code >> 3});
    std::map<std::optional<int32_t>, Wide> volumes;
    Wide sum = 0, largest = 0;
    for (const auto& [other, unused] : cells_) {
      if (!is_inside(other, cell) || !is_leaf(other)) continue;
      Wide volume = 1;
      for (unsigned i = other.first; i < 26; ++i) volume *= 8;
      Wide& whole = volumes[material_of(other)];
      whole += volume;
      sum += volume;
      if (whole > largest) largest = whole;
    }
    if (sum != 0) result.homogeneity = static_cast<float>(to_double(largest) / to_double(sum));
  }

  std::map<Cell, OracleResult> cells_;
};

}  // namespace octoload::test
