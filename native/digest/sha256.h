// SHA-256 (FIPS 180-4, section 6.2): the block function in several
// instruction sets, and a message that is fed to it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

namespace octoload::digest {

inline constexpr size_t kShaBlockBytes = 64;
inline constexpr size_t kDigestBytes = 32;

using ShaState = std::array<uint32_t, 8>;

// Section 5.3.3: the first 32 bits of the fractions of the square roots of 2..19.
inline constexpr ShaState kShaInitial = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

// Feeds `count` blocks of kShaBlockBytes into the eight words of a state.
using ShaBlocks = void (*)(uint32_t* state, const uint8_t* blocks, size_t count) noexcept;

// Two messages' blocks side by side: the instructions have a latency of several
// cycles, in which another message's can begin.
using ShaPair = void (*)(uint32_t* state_a, const uint8_t* blocks_a, uint32_t* state_b,
                         const uint8_t* blocks_b, size_t count) noexcept;

// The fastest implementation this CPU runs, chosen on first use. Fetch it once
// a batch rather than once a message.
ShaBlocks sha_blocks() noexcept;
// nullptr where one message after the other is as good.
ShaPair sha_pair() noexcept;

// Runs anywhere and is written like the standard: the oracle.
void sha_blocks_scalar(uint32_t* state, const uint8_t* blocks, size_t count) noexcept;

// The SHA instructions of x86 or ARMv8; nullptr where this build or this CPU
// has none.
ShaBlocks sha_blocks_hardware() noexcept;

// A message in pieces of any length. One object serves many messages.
class Sha256 {
 public:
  explicit Sha256(ShaBlocks blocks) noexcept : blocks_(blocks) { begin(); }
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void begin() noexcept {
    state_ = kShaInitial;
    hashed_ = 0;
    used_ = 0;
  }

  // Room for `size` bytes, at most kMaxPiece, of which commit() keeps some.
  uint8_t* reserve(size_t size) noexcept {
    if (used_ + size > kBufferBytes) flush();
    return buffer_ + used_;
  }
  void commit(size_t size) noexcept { used_ += size; }

  void put(const uint8_t* data, size_t size) noexcept {
    while (size > kMaxPiece) {
      put_piece(data, kMaxPiece);
      data += kMaxPiece;
      size -= kMaxPiece;
    }
    put_piece(data, size);
  }

  // The digest's eight words; begin() makes the object ready for the next message.
  const ShaState& finish() noexcept;

  // finish() of two messages, side by side where `pair` is not nullptr.
  static void finish_both(Sha256& a, Sha256& b, ShaPair pair) noexcept;
  const ShaState& state() const noexcept { return state_; }

  static constexpr size_t kMaxPiece = 512;

 private:
  // After a flush less than a block is left over, so a piece always fits.
  static constexpr size_t kBufferBytes = 1024;

  void put_piece(const uint8_t* data, size_t size) noexcept {
    if (size == 0) return;  // data may be nullptr
    std::memcpy(reserve(size), data, size);
    used_ += size;
  }
  void flush() noexcept;
  // What is to be hashed yet: so many blocks of the buffer.
  size_t pad() noexcept;

  const ShaBlocks blocks_;
  ShaState state_;
  uint64_t hashed_;  // bytes that have left the buffer
  size_t used_;
  uint8_t buffer_[kBufferBytes + 2 * kShaBlockBytes];  // and the padding
};

}  // namespace octoload::digest
