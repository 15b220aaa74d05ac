// Reads the finished rows of a source and the rows of its target side by side,
// both in the sink's order, and finds what differs. Neither side's order is
// taken on trust: passing a key too early would take it for missing.
//
// Of two rows with one key every stored bit is compared, the envelope's too: a
// row that differs only there may still hold the same (another compression),
// which is for the caller to find out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "../batch/target_batch.h"
#include "../load/order_key.h"

namespace octoload::validate {

enum class Kind : uint32_t { kMissing = 0, kExtra = 1, kDifferent = 2 };

// Bits of what differs, in the order of the table's columns.
enum DifferingColumn : uint32_t {
  kMaterialDiffers = 1,
  kHomogeneityDiffers = 2,
  kMaskDiffers = 4,
  kEnvelopeDiffers = 8,
  kLastModifiedDiffers = 16,
};

// One element a finding in each column. A missing row has no target row, an
// extra one no source row: these elements are 0.
struct FindingTable {
  size_t capacity = 0;
  uint32_t* kinds = nullptr;
  uint32_t* source_rows = nullptr;
  uint32_t* target_rows = nullptr;
  uint32_t* columns = nullptr;
};
inline constexpr size_t kFindingColumns = 4;

// A block of one side, from row `at` on.
struct Side {
  batch::SinkBatch batch;
  size_t at = 0;
  bool is_end = false;  // no block follows this one
};

// A key in words that compare as the order does.
using OrderedKey = std::array<uint64_t, 4>;

// What one call leaves for the next of the same part of the order: plain words.
struct MergeState {
  OrderedKey last_source, last_target;
  uint64_t has_source, has_target;  // 1: the key above is one
};
inline constexpr size_t kMergeStateWords = sizeof(MergeState) / sizeof(uint64_t);

struct MergeOptions {
  load::Order order = load::Order::kNode;  // not kSource
  uint8_t max_level = 0;  // source rows below it are not in the target, and passed over
};

enum class MergeCode : uint8_t {
  kDone = 0,              // both sides were read to their end
  kNeedsSource = 1,       // the source's block was read to its end
  kNeedsTarget = 2,       // the target's
  kTableFull = 3,         // call again with an empty one
  kSourceOutOfOrder = 4,  // at source_at
  kTargetOutOfOrder = 5,  // at target_at
};

struct MergeStep {
  MergeCode code = MergeCode::kDone;
  size_t source_at = 0, target_at = 0;  // where the next call begins
  size_t found = 0;
  uint64_t equal = 0;
  uint64_t too_deep = 0;
};

MergeStep merge(const Side& source, const Side& target, const MergeOptions& options,
                MergeState* state, const FindingTable& table) noexcept;

}  // namespace octoload::validate
