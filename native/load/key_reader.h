// All cells of a source in a sink's order. Read from the derived columns, where
// every row with a valid key counts, also one that was rejected afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "../sort/sorter.h"
#include "order_key.h"

namespace octoload::load {

// What keys are read into; one element a key.
struct KeyColumns {
  std::span<int64_t> tokens;  // left alone where the order has none
  std::span<uint64_t> tiles;
  std::span<uint16_t> cells;
  std::span<uint8_t> levels;
};

class KeyReader {
 public:
  // `derived` is finished, and holds what Derivation put there for this order of cells.
  static sort::Status open(const sort::Sorter& derived, Order order, const sort::Range& range,
                           std::unique_ptr<KeyReader>* reader);

  // The next keys, each once and ascending, as many as the shortest column takes; none at the end.
  sort::Status next(const KeyColumns& columns, size_t* count);

 private:
  explicit KeyReader(Order order) : order_(order), key_bytes_(order_key_bytes(order)) {}
  void unpack(size_t count, const KeyColumns& columns) const;

  Order order_;
  size_t key_bytes_;
  std::unique_ptr<sort::Cursor> cursor_;  // none when everything was read: its memory is large
  std::vector<uint8_t> keys_, bytes_;
  std::vector<uint64_t> offsets_;
};

}  // namespace octoload::load
