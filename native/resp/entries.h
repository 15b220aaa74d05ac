// The hot cache's entries, encoded from a sink batch as Redis commands.
//
// Source: "Redis serialization protocol specification", RESP2: a command is an
// array of bulk strings.
//
// An entry is a hash, all of it decimal text:
//   key            {prefix}{level}:{code}, code = tile << 15 | cell
//   material_id    int32; absent when NULL
//   homogeneity    float32, as float_text.h writes it
//   children_mask  0 .. 255
//   last_modified  int64, ms since 1970
//   wts            int64, write timestamp in us: the same for all rows of a call
// and lives for ttl_s seconds from its last write.
//
// Forms of the commands:
//   kFunction  FCALL NAME k KEY_1 .. KEY_k ARGUMENTS
//   kScript    EVALSHA SHA k KEY_1 .. KEY_k ARGUMENTS
//     ARGUMENTS: wts, ttl_s, then four for each key in turn: last_modified,
//     homogeneity, children_mask, material_id (the empty text when NULL).
//     So in Lua, for key i from 1: KEYS[i], ARGV[1], ARGV[2], ARGV[4i - 1],
//     ARGV[4i], ARGV[4i + 1], ARGV[4i + 2].
//     It writes each entry but those that hold a greater wts, and replies
//       an integer: how many it wrote, or
//       where a key holds no hash (only then): a bulk text of k bytes, one a
//       key: '1' written, '0' a greater wts was there, 't' holds another type.
//   kPlain     no comparison: what clients without a script send
//     HSET KEY homogeneity _ children_mask _ last_modified _ wts _ [material_id _]
//     HDEL KEY material_id     where it is NULL: an older entry may have one
//     EXPIRE KEY ttl_s
//     each with a reply of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "../batch/sink_batch.h"

namespace octoload::resp {

enum class Form : uint8_t { kFunction = 0, kScript = 1, kPlain = 2 };

inline constexpr size_t kMaxPrefixBytes = 1024;
// Of a function's name; a script's SHA-1 has 40 hexadecimal digits.
inline constexpr size_t kMaxNameBytes = 128;
inline constexpr uint32_t kMaxKeysPerCommand = 1024;
// A row's commands, at most.
inline constexpr size_t kMaxPlainCommands = 3;
inline constexpr uint16_t kNoNode = 0xffff;

struct EntryOptions {
  Form form = Form::kFunction;
  std::span<const uint8_t> name;  // of the function, or the script's SHA-1; empty in kPlain
  std::span<const uint8_t> prefix;
  uint32_t keys_per_command = 1;  // 1 .. kMaxKeysPerCommand; 1 in kPlain
  int64_t wts_us = 0;             // not negative
  uint32_t ttl_s = 3600;          // 1 .. 2^31 - 1
  // Rows whose byte is 0 are left out; a byte for each row of the batch. Empty: none is left out.
  std::span<const uint8_t> selection;
  // The node of each slot of a cluster, or kNoNode (any number that is not
  // below `nodes`). Empty where one node has all keys. The keys of a command
  // must be of one slot: several a command need a prefix with a hash tag then.
  std::span<const uint16_t> node_of_slot;
  uint16_t nodes = 1;
};

// Commands in the order of their nodes, then of their rows, without gaps.
struct EntryTable {
  size_t capacity = 0;                // elements of each column; see capacity_for()
  uint32_t* offsets = nullptr;        // of command i in the output; has one element more: their end
  uint32_t* first_entries = nullptr;  // the first entry of command i
  uint32_t* entries = nullptr;        // and their number; those of kPlain have one, in common
  uint32_t* rows = nullptr;           // of entry i, counted from the batch's first row;
                                      // behind the entries: the rows that have no node
  uint32_t* node_commands = nullptr;  // first command of node i; nodes + 1 elements
};

inline constexpr size_t capacity_for(Form form, size_t rows) noexcept {
  return form == Form::kPlain ? kMaxPlainCommands * rows : rows;
}

struct EntryCounts {
  uint32_t entries = 0;
  uint32_t commands = 0;
  uint32_t ownerless = 0;  // rows without a node
};

enum class Code : uint8_t {
  kOk = 0,
  kBadArgument = 1,     // options out of their ranges, no such rows, a table with less room than
                        // it needs, memory that changed meanwhile
  kOutputTooSmall = 2,  // detail: bytes that suffice
  kLevelTooDeep = 3,    // detail: the row; above 26
  kBadKey = 4,          // detail: the row; tile and cell are no code of its level
  kTooLarge = 5,        // the commands could be longer than 32 bits count
};

struct Status {
  Code code = Code::kOk;
  uint64_t detail = 0;
  bool ok() const noexcept { return code == Code::kOk; }
};

// Encodes the rows [begin, end). Unless the status is ok, nothing of output and
// table means anything. The output needs room for the longest numbers there
// are: more than it will hold. Allocates nothing.
Status encode_entries(const batch::SinkBatch& batch, size_t begin, size_t end,
                      const EntryOptions& options, std::span<uint8_t> output,
                      const EntryTable& table, EntryCounts* counts) noexcept;

}  // namespace octoload::resp
