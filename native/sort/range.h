// Which records a cursor reads.
#pragma once

#include <cstdint>
#include <optional>

#include "key.h"

namespace octoload::sort {

struct Range {
  std::optional<Key> lower = {};  // inclusive
  std::optional<Key> upper = {};  // exclusive
  uint64_t skip = 0;              // so many records whose key is `lower` are left out

  // What follows `position`, up to `upper`.
  static Range after(const Position& position, std::optional<Key> upper = {}) noexcept {
    return {position.key, upper, position.equal_keys};
  }
};

}  // namespace octoload::sort
