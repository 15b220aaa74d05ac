#include "merger.h"

#include <algorithm>
#include <utility>

namespace octoload::sort {
namespace {

// A disk gives no more in one piece for larger ones.
constexpr uint64_t kMaxWindowBytes = 1u << 20;

}  // namespace

Status Merger::open(std::span<const std::shared_ptr<const RunFile>> runs, const Range& range,
                    uint64_t memory_bytes) {
  key_bytes_ = runs.front()->key_bytes();
  readers_.clear();
  readers_.reserve(runs.size());
  const uint64_t window_bytes = std::min(memory_bytes / runs.size(), kMaxWindowBytes);
  for (const auto& run : runs) {
    readers_.emplace_back(run, window_bytes);
    Status status = readers_.back().seek(range);
    if (!status.ok()) return status;
  }
  losers_.assign(readers_.size(), {});
  winner_ = play(1);
  return {};
}

// A reader that is done comes last.
Merger::Entrant Merger::enter(uint32_t reader) const noexcept {
  return {readers_[reader].is_done() ? UINT64_MAX : readers_[reader].first_word(), reader};
}

bool Merger::is_before_at_same_word(uint32_t a, uint32_t b) const noexcept {
  const RunReader& left = readers_[a];
  const RunReader& right = readers_[b];
  if (left.is_done() || right.is_done()) {
    return left.is_done() == right.is_done() ? a < b : right.is_done();
  }
  const int order =
      std::memcmp(left.key() + kWordBytes, right.key() + kWordBytes, key_bytes_ - kWordBytes);
  return order != 0 ? order < 0 : a < b;
}

// Plays the matches below `node`, notes the losers, returns the winner.
Merger::Entrant Merger::play(size_t node) noexcept {
  const size_t size = readers_.size();
  if (node >= size) return enter(static_cast<uint32_t>(node - size));
  const Entrant left = play(2 * node);
  const Entrant right = play(2 * node + 1);
  const bool left_wins = is_before(left, right);
  losers_[node] = left_wins ? right : left;
  return left_wins ? left : right;
}

void Merger::replay() noexcept {
  Entrant rising = enter(winner_.reader);
  for (size_t node = (losers_.size() + rising.reader) / 2; node > 0; node /= 2) {
    if (is_before(losers_[node], rising)) std::swap(losers_[node], rising);
  }
  winner_ = rising;
}

}  // namespace octoload::sort
