// Children mask, homogeneity, orphans and collisions of a whole source, in one
// pass over its rows in preorder (preorder_key.h).
//
//   children mask  bit i: the source has the row of child i, one level below
//   homogeneity    1 for a leaf, a row without rows inside its cell. Else, over
//                  the leaves inside, the largest volume of one material / the
//                  volume of all; a leaf without a material takes that of the
//                  nearest row around it that has one, and those that find none
//                  are one class together. Volumes are exact, in cells of level
//                  26; the result is float(double(max) / double(sum)).
//   orphan         a row below level 0 whose parent cell has no row
//   topmost cell   one that lies in no other row's cell
//   collision      several rows of one key: the newest Created wins, then the
//                  highest Id, then the later file, then the highest rowid. The
//                  losers count nowhere else.
//
// In preorder a row comes after the rows around it and before those inside it,
// so the open cells are a stack of at most 27, a leaf's material is known when
// it is met, and a cell is finished when a row outside it comes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "../common/frame.h"
#include "../envelope/row_key.h"
#include "topmost_cells.h"

namespace octoload::derive {

// What a call came to. Everything but kOk ends the derivation: every later
// call says the same.
enum class [[nodiscard]] Status : uint8_t{
    kOk = 0,
    kBadSpans = 1,          // keys, offsets and payloads that do not fit together
    kBadKey = 2,            // bytes that are no preorder key
    kBadPayload = 3,        // bytes that are no key record
    kOutOfOrder = 4,        // a key below the one before it
    kTooManyMaterials = 5,  // more than Options::max_materials at once
    kNoMemory = 6,
    kFinished = 7,  // a call after finish()
};

// A row that has its key for itself. Cells come after all cells inside them
// (postorder).
struct Derived {
  envelope::RowKey key;
  int64_t rowid;
  uint32_t file;
  float homogeneity;
  uint8_t children_mask;
  bool is_orphan;
};

struct Collision {
  envelope::RowKey key;
  int64_t loser_rowid;
  int64_t winner_rowid;
  uint32_t loser_file;
  uint32_t winner_file;
  bool loser_is_loadable;
};

// The caller's; every call appends.
struct Results {
  std::vector<Derived> rows;
  std::vector<Collision> collisions;

  void clear() noexcept {
    rows.clear();
    collisions.clear();
  }
};

// Of the results so far. rows + collisions = records, once finished.
struct Counts {
  uint64_t rows = 0;
  uint64_t orphans = 0;
  uint64_t collisions = 0;
  std::array<uint64_t, kMaxLevel + 1> rows_by_level{};
  // Tiles (code >> 15) that have rows of a level, and the rows of the fullest.
  std::array<uint64_t, kMaxLevel + 1> tiles_by_level{};
  uint64_t rows_in_largest_tile = 0;
};

struct Options {
  // Distinct materials of an open cell's leaves, all open cells together: what
  // the memory depends on, up to 43 bytes each and half of it again for moments.
  // A real source has a few hundred.
  size_t max_materials = size_t{1} << 20;
};

// Losers of one key that are held back until its winner is known. Where a key
// has more, a part of them names as winner the row that was ahead by then.
inline constexpr size_t kMaxHeldLosers = size_t{1} << 16;

class Deriver {
 public:
  explicit Deriver(const Options& options = {});
  ~Deriver();
  Deriver(const Deriver&) = delete;
  Deriver& operator=(const Deriver&) = delete;

  // The next records in ascending order of their keys, equal keys in any order:
  // n keys of kPreorderKeyBytes, n + 1 ascending offsets, payload i being
  // payloads[offsets[i] .. offsets[i + 1]) as pack() makes it. Nothing points
  // into them afterwards. A failure's predecessors may be in `results`.
  Status add(std::span<const uint8_t> keys, std::span<const uint64_t> offsets,
             std::span<const uint8_t> payloads, Results* results);

  // No more records: the rest of the results. Once.
  Status finish(Results* results);

  const Counts& counts() const noexcept;
  // Records taken so far; after a failure, those before the one that failed.
  uint64_t records() const noexcept;
  // Of the results so far.
  const TopmostCells& topmost_cells() const noexcept;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace octoload::derive
