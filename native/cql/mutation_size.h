// How many bytes the server counts for a batch's mutations, at most.
//
// A BATCH of more than one partition is compared with batch_size_warn_threshold
// (5 KiB) and batch_size_fail_threshold (50 KiB); beyond the second it is
// refused. One of a single partition is not compared at all. What is compared
// (tag cassandra-5.0.6, cql3/statements/BatchStatement.java, verifyBatchSize) is
// the sum of PartitionUpdate.dataSize() over the partitions; the classes summed
// there are in db/partitions and db/rows. For octoload's tables, which have
// neither static nor complex columns, ranges or TTLs, that is
//
//   partition   8  MutableDeletionInfo: a timestamp
//            + 21  its empty static row: liveness 8, deletion 13
//   row         k  clustering values: level 1 byte, cell 2
//             + 8  LivenessInfo: a timestamp
//            + 13  Row.Deletion: DeletionTime 12, a flag 1
//   cell       20  timestamp 8, TTL 4, local deletion time 8
//             + v  bytes of the value; 0 for a NULL, no cell at all for an unset one
//
// The partition key does not count. Older servers count less: a cell is 16 in
// 4.0 and 4.1 (local deletion time 4), and 4.0 leaves out all but clustering
// and cells. Rows of one code and several levels share a partition in layout
// node; counting 29 for each of them is the only slack this bound has in 5.0.
#pragma once

#include <cstdint>

namespace octoload::cql {

inline constexpr uint64_t kPartitionBytes = 8 + 8 + 13;
inline constexpr uint64_t kRowBytes = 8 + 13;
inline constexpr uint64_t kCellBytes = 8 + 4 + 8;
inline constexpr uint64_t kLevelBytes = 1;       // clustering of layout node
inline constexpr uint64_t kCellNumberBytes = 2;  // clustering of layout tile
inline constexpr uint64_t kMaterialBytes = 4;
// homogeneity, children_mask, last_modified; with compressed_data four cells.
inline constexpr uint64_t kOtherCellsBytes = 4 * kCellBytes + 4 + 1 + 8;

// What a row's cells count, envelope included.
constexpr uint64_t cells_bytes(uint64_t envelope, bool no_material, bool unset) noexcept {
  const uint64_t material = no_material ? (unset ? 0 : kCellBytes) : kCellBytes + kMaterialBytes;
  return material + kOtherCellsBytes + envelope;
}

}  // namespace octoload::cql
