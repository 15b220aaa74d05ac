// What a call of the sorter came to. The numbers are stable: the TypeScript
// face maps them to error codes.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace octoload::sort {

enum class Code : uint8_t {
  kOk = 0,
  kBadArgument = 1,     // a size, width or span the contract forbids
  kBadState = 2,        // a call out of order, such as add() after finish()
  kNoMemory = 3,        // the system gave no memory; `offset` is how many bytes were asked for
  kBatchTooLarge = 4,   // a batch that does not fit into the memory; `offset` is what it takes
  kOutputTooSmall = 5,  // the next payload does not fit; `offset` is its size
  kBadPosition = 6,     // fewer equal keys exist than the position says were read
  // The file system's refusals: `error` is the errno.
  kFolderFailed = 10,  // making, opening, listing or syncing the folder
  kOpenFailed = 11,
  kReadFailed = 12,
  kWriteFailed = 13,  // disk full (ENOSPC, EDQUOT), file too large (EFBIG), device error
  kSyncFailed = 14,
  kRenameFailed = 15,
  kRemoveFailed = 16,
  kInUse = 17,           // another sorter holds the folder
  kNotEnoughSpace = 18,  // found before starting; `offset` is how many bytes are free
  // What was found in the folder.
  kTruncated = 20,      // a run file shorter or longer than it says
  kDamaged = 21,        // a checksum or a length is wrong; `offset` is where that part begins
  kWrongVersion = 22,   // written by another version of the format
  kWrongKeyWidth = 23,  // another sort's run: its keys have another width
  kWrongIdentity = 24,  // another sort's run: its identity differs
  kMissingRun = 25,     // runs before `path` are gone, or two overlap
};

struct [[nodiscard]] Status {
  Code code = Code::kOk;
  int error = 0;        // errno, 0 when the system had no part in it
  uint64_t offset = 0;  // byte position in `path`, or what the code says
  std::string path;     // the file or folder, empty when none was touched

  bool ok() const noexcept { return code == Code::kOk; }
};

inline Status failure(Code code, uint64_t offset = 0, std::string path = {}) {
  return {code, 0, offset, std::move(path)};
}

}  // namespace octoload::sort
