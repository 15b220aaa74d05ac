// Writes the commands of rows that are known to be good.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "entries.h"

namespace octoload::resp {

// A piece of a command that is the same for many, made ready once.
template <size_t kRoom>
struct Piece {
  uint8_t bytes[kRoom];
  size_t length = 0;
  std::span<const uint8_t> view() const noexcept { return {bytes, length}; }
};

class CommandWriter {
 public:
  // Both outlive the writer; `options` are in their ranges.
  CommandWriter(const batch::SinkBatch& batch, const EntryOptions& options) noexcept;

  // Bytes that suffice for so many entries in so many commands, whatever the rows hold.
  static uint64_t room_for(const EntryOptions& options, uint64_t entries,
                           uint64_t commands) noexcept;

  // One FCALL or EVALSHA of these rows; gives its end.
  uint8_t* write_call(std::span<const uint32_t> rows, uint8_t* to) noexcept;

  // The commands of one row in kPlain: where each begins, then the last's end;
  // gives how many they are.
  size_t write_plain(size_t row, uint8_t* to,
                     uint8_t* (&begins)[kMaxPlainCommands + 1]) const noexcept;

 private:
  static constexpr size_t kHeadRoom = 80 + kMaxNameBytes;
  static constexpr size_t kNumberRoom = 40;

  void make_head(uint32_t keys) noexcept;
  uint8_t* put_key(size_t row, uint8_t* to) const noexcept;

  const batch::SinkBatch& batch_;
  const EntryOptions& options_;
  uint32_t head_keys_ = 0;  // how many keys the head below announces
  Piece<kHeadRoom> head_;
  Piece<kNumberRoom> wts_;  // as bulk strings
  Piece<kNumberRoom> ttl_;
};

}  // namespace octoload::resp
