// Merges sorted runs by a tree of losers (Knuth, The Art of Computer
// Programming 3, 5.4.1): one comparison a level and record. Of equal keys the
// earlier run's come first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "range.h"
#include "run_reader.h"
#include "status.h"

namespace octoload::sort {

class Merger {
 public:
  // `runs` in their order, at least one. Reads more at once where `memory_bytes` allow it.
  Status open(std::span<const std::shared_ptr<const RunFile>> runs, const Range& range,
              uint64_t memory_bytes);

  bool is_done() const noexcept { return top().is_done(); }
  const uint8_t* key() const noexcept { return top().key(); }
  const uint8_t* payload() const noexcept { return top().payload(); }
  uint32_t payload_bytes() const noexcept { return top().payload_bytes(); }

  // false: a run cannot be read on, see status(); the merger is of no more use.
  bool advance() noexcept {
    if (!readers_[winner_.reader].advance()) return false;
    replay();
    return true;
  }
  const Status& status() const noexcept { return top().status(); }

 private:
  // A reader with the first word of its key at hand, which mostly decides.
  struct Entrant {
    uint64_t word;
    uint32_t reader;
  };

  const RunReader& top() const noexcept { return readers_[winner_.reader]; }
  Entrant enter(uint32_t reader) const noexcept;
  bool is_before(const Entrant& a, const Entrant& b) const noexcept {
    return a.word != b.word ? a.word < b.word : is_before_at_same_word(a.reader, b.reader);
  }
  bool is_before_at_same_word(uint32_t a, uint32_t b) const noexcept;
  Entrant play(size_t node) noexcept;
  void replay() noexcept;

  size_t key_bytes_ = 0;
  std::vector<RunReader> readers_;
  std::vector<Entrant> losers_;  // by node: 1 is the root, reader i's leaf is size + i
  Entrant winner_ = {};
};

}  // namespace octoload::sort
