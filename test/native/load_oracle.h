// What the loader makes of a source once more: which rows reach a sink, in which
// order, and with what for their cells. Dull and slow, for small sources.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "../../native/load/ingest.h"
#include "derive_oracle.h"
#include "load_judge.h"
#include "load_rows.h"
#include "token_oracle.h"

namespace octoload::test {

// A row that has to reach the sink.
struct ExpectedRow {
  envelope::RowKey key;
  const LoadRow* row = nullptr;
  load::FileFacts file;
  Judged judged;
  uint8_t children_mask = 0;
  float homogeneity = 1;
};

// What a load of named rows sends: the rows themselves, and those whose cell is,
// holds or lies in a named one.
struct Named {
  std::vector<load::RowName> rows;
  std::vector<Oracle::Cell> cells;

  static bool is_within(const Oracle::Cell& inner, const Oracle::Cell& outer) {
    return inner.first >= outer.first &&
           inner.second >> (3 * (inner.first - outer.first)) == outer.second;
  }

  bool concerns(const Oracle::Cell& cell) const {
    return std::any_of(cells.begin(), cells.end(), [&](const Oracle::Cell& named) {
      return is_within(cell, named) || is_within(named, cell);
    });
  }

  bool has(uint32_t file, int64_t rowid) const {
    return std::any_of(rows.begin(), rows.end(), [&](const load::RowName& row) {
      return row.file == file && row.rowid == rowid;
    });
  }

  std::shared_ptr<const load::RowSelection> selection() const {
    std::vector<envelope::RowKey> keys;
    for (const auto& [level, code] : cells) {
      SourceRow row;
      row.level = level;
      row.code = code;
      keys.push_back(key_of(row));
    }
    return std::make_shared<load::RowSelection>(rows, keys);
  }
};

class LoadModel {
 public:
  // `named` is what options.selection was made of.
  LoadModel(const std::vector<LoadFile>& source, const load::IngestOptions& options,
            const Named* named = nullptr)
      : named_(named) {
    const Judge judge(options.rows);
    for (const LoadFile& file : source) {
      for (const LoadRow& row : file.rows) add(file, row, judge.judge(row), options.limit);
    }
    const Oracle oracle(source_rows_);
    for (const auto& [cell, derived] : oracle.cells()) settle(derived);
  }
  LoadModel(const LoadModel&) = delete;

  // What Ingest says of the row.
  uint8_t status(uint32_t file, int64_t rowid) const {
    const ExpectedRow& row = rows_.at({file, rowid});
    return row.judged.is_selected ? row.judged.status : uint8_t{kRowOk};
  }
  // Whether it would be sent if no other row had its key.
  bool is_loadable(uint32_t file, int64_t rowid) const {
    const Judged& judged = rows_.at({file, rowid}).judged;
    return judged.is_selected && judged.status == kRowOk;
  }
  const load::IngestMark& counts() const { return counts_; }
  size_t cells() const { return cells_.size(); }
  // Of every cell that a row is in, whatever became of the row; in no order.
  const std::vector<envelope::RowKey>& cell_keys() const { return cells_; }
  size_t orphans() const { return orphans_; }
  // Loser, then winner: file and rowid.
  using Name = std::pair<uint32_t, int64_t>;
  const std::map<Name, Name>& collisions() const { return collisions_; }
  std::vector<ExpectedRow> in_order(load::Order order) const {
    std::vector<ExpectedRow> rows = delivered_;
    if (order == load::Order::kSource) {
      const auto name = [](const ExpectedRow& row) {
        return std::pair(row.file.number, row.row->rowid);
      };
      std::sort(rows.begin(), rows.end(),
                [&](const auto& a, const auto& b) { return name(a) < name(b); });
      return rows;
    }
    const auto rank = [order](const ExpectedRow& row) {
      const unsigned level = row.judged.level;
      const bool is_node = order == load::Order::kNode || order == load::Order::kNodeToken;
      const int64_t token = token_oracle(order, row.key);
      return std::tuple(token, is_node ? 0 : level, row.judged.code, level);
    };
    std::sort(rows.begin(), rows.end(),
              [&](const ExpectedRow& a, const ExpectedRow& b) { return rank(a) < rank(b); });
    return rows;
  }

 private:
  void add(const LoadFile& file, const LoadRow& row, Judged judged, uint64_t limit) {
    if (counts_.passed == limit) judged.is_selected = false;
    counts_.passed += judged.is_selected ? 1 : 0;
    const bool is_concerned = named_ == nullptr || named_->has(file.facts.number, row.rowid) ||
                              (judged.has_key && named_->concerns({judged.level, judged.code}));
    if (!is_concerned) judged.is_selected = false;
    counts_.file = file.facts.number;
    counts_.has_rowid = 1;
    counts_.rowid = row.rowid;
    ++counts_.rows;
    counts_.selected += judged.is_selected ? 1 : 0;
    counts_.rejected += judged.is_selected && judged.status != kRowOk ? 1 : 0;
    counts_.unreadable_created += judged.has_unreadable_created ? 1 : 0;
    rows_[{file.facts.number, row.rowid}] = {{}, &row, file.facts, judged, 0, 1};
    if (!judged.has_key) return;
    SourceRow source{judged.level,
                     judged.code,
                     file.facts.number,
                     row.rowid,
                     judged.status == kRowOk ? judged.material : std::nullopt,
                     judged.created_us,
                     envelope::kNull,
                     0,
                     {}};
    const TestValue& id = row.values[batch::kIdColumn];
    source.id_kind = id.kind == batch::kTooLarge ? uint8_t{envelope::kText} : id.kind;
    if (id.kind != batch::kTooLarge) source.id_word = id.bits;
    source.id_bytes = id.bytes;
    source_rows_.push_back(source);
  }

  void settle(const OracleResult& derived) {
    const SourceRow& winner = *derived.winner;
    cells_.push_back(key_of(winner));
    orphans_ += derived.is_orphan ? 1 : 0;
    for (const SourceRow* loser : derived.losers) {
      collisions_[{loser->file, loser->rowid}] = {winner.file, winner.rowid};
    }
    ExpectedRow row = rows_.at({winner.file, winner.rowid});
    if (row.judged.status != kRowOk || !row.judged.is_selected) return;
    row.key = key_of(winner);
    row.children_mask = static_cast<uint8_t>(derived.children_mask);
    row.homogeneity = derived.homogeneity;
    delivered_.push_back(row);
  }

  const Named* named_;
  std::map<Name, ExpectedRow> rows_;
  std::vector<SourceRow> source_rows_;
  std::vector<ExpectedRow> delivered_;
  std::map<Name, Name> collisions_;
  load::IngestMark counts_;
  std::vector<envelope::RowKey> cells_;
  size_t orphans_ = 0;
};

}  // namespace octoload::test
