// Reads a server's replies from a stream of bytes that comes in chunks.
//
// Source: "Redis serialization protocol specification", RESP2 only: nobody here
// sends HELLO 3, so RESP3's types are faults as any other byte is.
//
//   +TEXT\r\n   -TEXT\r\n   :NUMBER\r\n   $LENGTH\r\n BYTES \r\n   *COUNT\r\n VALUES
//   $-1\r\n and *-1\r\n are nil
//
// What comes out does not depend on where the chunks end. A fault is final: the
// replies before it are given, nothing after it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "error_kind.h"

namespace octoload::resp {

enum class ReplyKind : uint8_t {
  kInteger = 0,
  kSimple = 1,
  kBulk = 2,
  kNil = 3,
  kArray = 4,
  kError = 5,
};

// Bounds on what a server may send.
inline constexpr size_t kMaxReplyDepth = 8;               // of arrays in arrays
inline constexpr size_t kMaxReplyLine = size_t{1} << 16;  // bytes between a type and its \r\n
inline constexpr size_t kMaxReplyBytes = size_t{1} << 30;
inline constexpr size_t kMaxReplyNodes = size_t{1} << 20;
inline constexpr size_t kMaxErrorText = 200;  // what is kept of it
inline constexpr uint32_t kNilLength = 0xffffffff;

// A value. Those of an array follow it, each before its own elements.
struct ReplyNode {
  int64_t value = 0;  // the integer; an array's elements; of MOVED and ASK the slot, or -1
  uint32_t offset = 0;
  uint32_t length = 0;  // of the text in bytes(); kNilLength
  ReplyKind kind = ReplyKind::kNil;
  ErrorKind error = ErrorKind::kNone;
};

enum class ReplyFault : uint8_t {
  kNone = 0,
  kBadType = 1,    // a byte that begins no value
  kBadLine = 2,    // \r without \n or the other way round
  kBadNumber = 3,  // not an int64, not a length
  kBadEnd = 4,     // no \r\n behind a bulk string
  kTooDeep = 5,
  kTooLarge = 6,  // a line, or a reply, beyond the bounds
};

class ReplyReader {
 public:
  // A reply's bytes at most, up to kMaxReplyBytes.
  explicit ReplyReader(size_t max_reply_bytes) noexcept : max_reply_bytes_(max_reply_bytes) {}

  // Forgets the replies given last and reads on; chunks up to 2^30 bytes.
  void push(std::span<const uint8_t> chunk);

  // The replies that ended in the last chunk: reply i is nodes()[starts()[i] ..
  // starts()[i + 1]).
  size_t count() const noexcept { return starts_.size() - 1; }
  std::span<const uint32_t> starts() const noexcept { return starts_; }
  std::span<const ReplyNode> nodes() const noexcept { return {nodes_.data(), starts_.back()}; }
  std::span<const uint8_t> bytes() const noexcept { return {kept_.data(), reply_begin_}; }
  // Whether a node's text lies there: else nobody needs them.
  bool has_text() const noexcept { return has_text_; }
  // The replies that are no integer, by index; the sum of the others.
  std::span<const uint32_t> others() const noexcept { return others_; }
  double integer_sum() const noexcept { return integer_sum_; }

  ReplyFault fault() const noexcept { return fault_; }
  // Where the value at fault begins in the whole stream.
  uint64_t fault_offset() const noexcept { return dropped_ + at_; }
  // Of the reply that has begun.
  size_t pending_bytes() const noexcept { return kept_.size() - reply_begin_; }

 private:
  enum class Step : uint8_t { kRead, kNeedsMore, kFaulty };
  struct Line {
    std::span<const uint8_t> text;
    size_t end = 0;  // behind its \r\n, in kept_
  };

  void drop_given() noexcept;
  Step read_value();
  Step read_line(Line* line) noexcept;
  Step read_text(const Line& line, ReplyKind kind);
  Step read_integer(const Line& line);
  Step read_bulk(const Line& line);
  Step read_array(const Line& line);
  Step finish_value(const ReplyNode& node, size_t end);
  Step fail(ReplyFault fault) noexcept;

  const size_t max_reply_bytes_;
  std::vector<uint8_t> kept_;
  size_t at_ = 0;           // of the value to be read next
  size_t reply_begin_ = 0;  // of the reply it belongs to
  size_t searched_ = 0;     // how far no \r was found
  uint64_t dropped_ = 0;    // bytes of the stream before kept_
  // How many values each open array lacks.
  size_t depth_ = 0;
  uint64_t lacking_[kMaxReplyDepth] = {};
  std::vector<ReplyNode> nodes_;
  std::vector<uint32_t> starts_ = {0};
  std::vector<uint32_t> others_;
  double integer_sum_ = 0;
  bool has_text_ = false;
  ReplyFault fault_ = ReplyFault::kNone;
};

}  // namespace octoload::resp
