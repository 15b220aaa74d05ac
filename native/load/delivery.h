// The rows in a sink's order, each with what was derived for its cell, as sink
// batches. Reads the two sorts of that order side by side.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "../batch/sink_batch.h"
#include "../sort/sorter.h"
#include "derived_reader.h"
#include "order_key.h"
#include "scratch.h"

namespace octoload::load {

struct DeliveryOptions {
  Order order = Order::kNode;
  sort::Range range;  // of the rows: from where an earlier delivery ended
};

class Delivery {
 public:
  // Both sorts are finished, and hold what Ingest and Derivation put there.
  static sort::Status open(const sort::Sorter& rows, const sort::Sorter& derived,
                           const DeliveryOptions& options, std::unique_ptr<Delivery>* delivery);

  struct Chunk {
    size_t rows = 0;      // in the block
    size_t read = 0;      // sorted rows read: those in the block and collisions' losers
    size_t bytes = 0;     // of the block
    bool is_end = false;  // no more rows; the block is empty
  };
  // Writes the next rows, `max_rows` (1..batch::kMaxSinkRows) at most and as many
  // as fit, as a block (batch/sink_batch.h). kOutputTooSmall: `offset` is the
  // size that suffices. kDamaged: a row without derived columns. The end gives
  // all memory back: whoever holds the delivery may be a garbage collector.
  sort::Status next(size_t max_rows, std::span<uint8_t> block, Chunk* chunk);

  // Behind the rows delivered so far.
  const sort::Position& position() const noexcept { return position_; }
  Order order() const noexcept { return order_; }

 private:
  struct Joined {
    uint32_t row;  // of the chunk read
    float homogeneity;
    uint8_t children_mask;
  };

  explicit Delivery(Order order) : order_(order), key_bytes_(order_key_bytes(order)) {}
  sort::Status read_rows(size_t max_rows, size_t max_bytes, size_t* count);
  sort::Status join(size_t count);
  size_t write(std::span<uint8_t> block) const;
  void release() noexcept;

  Order order_;
  size_t key_bytes_;
  sort::Position position_;
  std::unique_ptr<sort::Cursor> rows_;  // nullptr behind the end
  DerivedReader derived_;
  Scratch bytes_;
  std::vector<uint8_t> keys_;
  std::vector<uint64_t> offsets_;
  std::vector<Joined> joined_;
};

// The key of the cell at `rank` (from 0) of the order, so that shards of a
// load agree on where they begin. `*is_found` false: there are fewer cells.
sort::Status find_key_at(const sort::Sorter& derived, Order order, uint64_t rank, sort::Key* key,
                         bool* is_found);

}  // namespace octoload::load
