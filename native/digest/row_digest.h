// A row's digest as the number that sets add up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "sha256.h"

namespace octoload::digest {

// An unsigned integer of 256 bits, lowest word first; a SHA-256 is read as one
// big-endian number, as it is usually written.
struct Number256 {
  std::array<uint64_t, 4> words{};

  static Number256 of(const ShaState& sha) noexcept {
    Number256 number;
    for (size_t i = 0; i < 4; ++i) {
      number.words[3 - i] = uint64_t{sha[2 * i]} << 32 | sha[2 * i + 1];
    }
    return number;
  }

  // Both modulo 2^256.
  void add(const Number256& other) noexcept {
    uint64_t carry = 0;
    for (size_t i = 0; i < 4; ++i) {
      const uint64_t sum = words[i] + carry;
      words[i] = sum + other.words[i];
      carry = uint64_t{sum < carry} | uint64_t{words[i] < sum};
    }
  }
  void subtract(const Number256& other) noexcept {
    uint64_t borrow = 0;
    for (size_t i = 0; i < 4; ++i) {
      const uint64_t less = words[i] - borrow;
      const uint64_t left = less - other.words[i];
      borrow = uint64_t{words[i] < borrow} | uint64_t{less < other.words[i]};
      words[i] = left;
    }
  }

  // The digest's bytes, highest first.
  void store(uint8_t* to) const noexcept {
    for (size_t i = 0; i < 4; ++i) {
      const uint64_t word = __builtin_bswap64(words[3 - i]);
      std::memcpy(to + 8 * i, &word, sizeof word);
    }
  }

  bool operator==(const Number256&) const = default;
};

}  // namespace octoload::digest
