#include "entry_order.h"

#include <algorithm>

#include "../envelope/row_key.h"
#include "number_text.h"

namespace octoload::resp {

EntryOrder::EntryOrder(const batch::SinkBatch& batch, const EntryOptions& options,
                       const EntryTable& table) noexcept
    : batch_(batch),
      options_(options),
      table_(table),
      slots_(options.prefix),
      is_cluster_(!options.node_of_slot.empty()) {}

Status EntryOrder::arrange(size_t begin, size_t end) noexcept {
  std::fill_n(table_.node_commands, options_.nodes + size_t{1}, 0u);
  const Status status = take(begin, end);
  if (!status.ok()) return status;
  if (is_cluster_) return sort_by_node() ? Status{} : Status{Code::kBadArgument, 0};
  entries_ = taken_;
  table_.node_commands[0] = entries_;
  return {};
}

Status EntryOrder::take(size_t begin, size_t end) noexcept {
  for (size_t row = begin; row < end; ++row) {
    if (!options_.selection.empty() && options_.selection[row] == 0) continue;
    const envelope::RowKey key{batch_.tiles[row], batch_.cells[row], batch_.levels[row]};
    if (key.level > kMaxLevel) return {Code::kLevelTooDeep, row};
    if (!envelope::is_in_level(key)) return {Code::kBadKey, row};
    if (is_cluster_) {
      note(row);
    } else {
      table_.rows[taken_] = static_cast<uint32_t>(row);
    }
    ++taken_;
  }
  return {};
}

void EntryOrder::note(size_t row) noexcept {
  const uint16_t node = node_of(row);
  table_.first_entries[taken_] = static_cast<uint32_t>(row);
  table_.entries[taken_] = node;
  if (node < options_.nodes) {
    ++table_.node_commands[node];
    ++entries_;
  } else {
    ++ownerless_;
  }
}

uint16_t EntryOrder::node_of(size_t row) const noexcept {
  uint8_t text[3 + 1 + kMaxCodeDigits + kTextSlack];
  uint8_t* to = put_number(text, batch_.levels[row]);
  *to = ':';
  to = CodeText(batch_.tiles[row], batch_.cells[row]).put(to + 1);
  return options_.node_of_slot[slots_.slot_of({text, static_cast<size_t>(to - text)})];
}

// A counting sort. The notes lie in memory that JavaScript holds: what is read
// back is not trusted, false if it changed.
bool EntryOrder::sort_by_node() noexcept {
  uint32_t begin = 0;
  for (size_t node = 0; node < options_.nodes; ++node) {
    const uint32_t count = table_.node_commands[node];
    table_.node_commands[node] = begin;
    begin += count;
  }
  uint32_t ownerless = entries_;
  for (uint32_t i = 0; i < taken_; ++i) {
    const uint32_t node = table_.entries[i];
    const uint32_t at = node < options_.nodes ? table_.node_commands[node]++ : ownerless++;
    if (at >= taken_) return false;
    table_.rows[at] = table_.first_entries[i];
  }
  return true;
}

}  // namespace octoload::resp
