// What a server's error means to a client: its first word says so.
//
// Source: the texts in Redis' server.c, cluster.c and function.c (7.0), and
// "Redis cluster specification", redirection and resharding.
#pragma once

#include <cstdint>
#include <span>

namespace octoload::resp {

enum class ErrorKind : uint8_t {
  kNone = 0,
  kOther = 1,
  kErr = 2,
  kMoved = 3,  // MOVED SLOT HOST:PORT: the slot is another node's
  kAsk = 4,    // ASK SLOT HOST:PORT: this key may be there already
  kTryAgain = 5,
  kClusterDown = 6,
  kLoading = 7,
  kOutOfMemory = 8,
  kReadOnly = 9,
  kNoAuth = 10,
  kNoPermission = 11,
  kWrongType = 12,
  kNoScript = 13,
  kNoFunction = 14,  // ERR Function not found
  kBusy = 15,
  kMasterDown = 16,
  kCrossSlot = 17,
  kWrongPassword = 18,
  kNoReplicas = 19,
  kMisconfigured = 20,
  kUnknownCommand = 21,  // ERR unknown command …
};

// Of an error's text, without the minus before it.
ErrorKind error_kind_of(std::span<const uint8_t> text) noexcept;

// The slot of a MOVED or ASK; -1 where there is none.
int64_t redirected_slot(std::span<const uint8_t> text) noexcept;

}  // namespace octoload::resp
