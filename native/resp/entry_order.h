// Which rows become entries, and in which order: node by node where a cluster's
// nodes share the keys, the batch's own order within.
#pragma once

#include <cstddef>
#include <cstdint>

#include "entries.h"
#include "slot.h"

namespace octoload::resp {

class EntryOrder {
 public:
  // All outlive it. `options` are in their ranges; the table has room for the rows.
  EntryOrder(const batch::SinkBatch& batch, const EntryOptions& options,
             const EntryTable& table) noexcept;

  // Fills the table's rows; its node_commands then hold where each node's
  // entries end. Until then its other columns are used as notes.
  Status arrange(size_t begin, size_t end) noexcept;

  uint32_t entries() const noexcept { return entries_; }
  uint32_t ownerless() const noexcept { return ownerless_; }

 private:
  Status take(size_t begin, size_t end) noexcept;
  void note(size_t row) noexcept;
  bool sort_by_node() noexcept;
  uint16_t node_of(size_t row) const noexcept;

  const batch::SinkBatch& batch_;
  const EntryOptions& options_;
  const EntryTable& table_;
  const PrefixSlots slots_;
  const bool is_cluster_;
  uint32_t taken_ = 0;
  uint32_t entries_ = 0;
  uint32_t ownerless_ = 0;
};

}  // namespace octoload::resp
