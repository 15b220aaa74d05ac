#include "reply_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace octoload::resp {
namespace {

constexpr size_t kLineEnd = 2;
// What the shortest value takes: +\r\n.
constexpr uint64_t kLeastValueBytes = 3;

// A sign where there is one, then digits: all of it, and an int64.
bool parse_integer(std::span<const uint8_t> text, int64_t* number) noexcept {
  const bool has_sign = !text.empty() && (text[0] == '-' || text[0] == '+');
  const bool is_negative = has_sign && text[0] == '-';
  const std::span<const uint8_t> digits = text.subspan(has_sign ? 1 : 0);
  constexpr size_t kMaxDigits = 19;  // so that 64 bits hold them
  if (digits.empty() || digits.size() > kMaxDigits) return false;
  uint64_t size = 0;
  for (const uint8_t digit : digits) {
    if (digit < '0' || digit > '9') return false;
    size = 10 * size + (digit - '0');
  }
  const uint64_t most = uint64_t{std::numeric_limits<int64_t>::max()} + (is_negative ? 1 : 0);
  *number = static_cast<int64_t>(is_negative ? 0 - size : size);
  return size <= most;
}

// As parse_integer(); not negative, or -1: nil.
bool parse_length(std::span<const uint8_t> text, int64_t* length) noexcept {
  return parse_integer(text, length) && *length >= -1;
}

bool is_text(ReplyKind kind) noexcept {
  return kind == ReplyKind::kSimple || kind == ReplyKind::kBulk || kind == ReplyKind::kError;
}

// :D\r\n with one digit, which is what nearly all replies are.
bool is_digit_reply(const uint8_t* at, size_t room) noexcept {
  constexpr size_t kBytes = 4;
  return room >= kBytes && at[0] == ':' && at[1] >= '0' && at[1] <= '9' && at[2] == '\r' &&
         at[3] == '\n';
}

}  // namespace

void ReplyReader::push(std::span<const uint8_t> chunk) {
  drop_given();
  if (fault_ != ReplyFault::kNone) return;
  kept_.insert(kept_.end(), chunk.begin(), chunk.end());
  while (read_value() == Step::kRead) {
  }
}

// Keeps what there is of the reply that has not ended.
void ReplyReader::drop_given() noexcept {
  const auto first = static_cast<ptrdiff_t>(starts_.back());
  nodes_.erase(nodes_.begin(), nodes_.begin() + first);
  for (ReplyNode& node : nodes_) {
    if (is_text(node.kind)) node.offset -= static_cast<uint32_t>(reply_begin_);
  }
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<ptrdiff_t>(reply_begin_));
  dropped_ += reply_begin_;
  at_ -= reply_begin_;
  searched_ -= std::min(searched_, reply_begin_);
  reply_begin_ = 0;
  starts_.assign(1, 0);
  others_.clear();
  integer_sum_ = 0;
  has_text_ = false;
}

ReplyReader::Step ReplyReader::read_value() {
  if (at_ == kept_.size()) return Step::kNeedsMore;
  const uint8_t* const value = kept_.data() + at_;
  if (is_digit_reply(value, kept_.size() - at_)) {
    return finish_value({.value = value[1] - '0', .kind = ReplyKind::kInteger}, at_ + 4);
  }
  const uint8_t type = *value;
  if (std::memchr("+-:$*", type, 5) == nullptr) return fail(ReplyFault::kBadType);
  Line line;
  const Step step = read_line(&line);
  if (step != Step::kRead) return step;
  switch (type) {
    case ':':
      return read_integer(line);
    case '$':
      return read_bulk(line);
    case '*':
      return read_array(line);
    default:
      return read_text(line, type == '+' ? ReplyKind::kSimple : ReplyKind::kError);
  }
}

// The line that begins with the type at at_. Only what is there decides, never
// where a chunk ended: so a fault in a line shows when the line has ended.
ReplyReader::Step ReplyReader::read_line(Line* line) noexcept {
  const size_t begin = at_ + 1;
  const size_t from = std::max(begin, searched_);
  const uint8_t* const data = kept_.data();
  const size_t limit = std::min(kept_.size(), begin + kMaxReplyLine + 1);
  const void* const found = from < limit ? std::memchr(data + from, '\r', limit - from) : nullptr;
  if (found == nullptr) {
    searched_ = limit;
    return limit - begin > kMaxReplyLine ? fail(ReplyFault::kTooLarge) : Step::kNeedsMore;
  }
  const auto end = static_cast<size_t>(static_cast<const uint8_t*>(found) - data);
  searched_ = end;
  if (end + 1 == kept_.size()) return Step::kNeedsMore;
  line->text = {data + begin, end - begin};
  line->end = end + kLineEnd;
  const bool is_good =
      data[end + 1] == '\n' &&
      (line->text.empty() || std::memchr(line->text.data(), '\n', line->text.size()) == nullptr);
  return is_good ? Step::kRead : fail(ReplyFault::kBadLine);
}

ReplyReader::Step ReplyReader::read_integer(const Line& line) {
  ReplyNode node{.kind = ReplyKind::kInteger};
  if (!parse_integer(line.text, &node.value)) return fail(ReplyFault::kBadNumber);
  return finish_value(node, line.end);
}

ReplyReader::Step ReplyReader::read_text(const Line& line, ReplyKind kind) {
  ReplyNode node{.offset = static_cast<uint32_t>(at_ + 1),
                 .length = static_cast<uint32_t>(line.text.size()),
                 .kind = kind};
  if (kind == ReplyKind::kError) {
    node.error = error_kind_of(line.text);
    const bool is_redirection = node.error == ErrorKind::kMoved || node.error == ErrorKind::kAsk;
    if (is_redirection) node.value = redirected_slot(line.text);
    node.length = std::min(node.length, static_cast<uint32_t>(kMaxErrorText));
  }
  return finish_value(node, line.end);
}

ReplyReader::Step ReplyReader::read_bulk(const Line& line) {
  int64_t length = 0;
  if (!parse_length(line.text, &length)) return fail(ReplyFault::kBadNumber);
  if (length < 0) return finish_value({.length = kNilLength, .kind = ReplyKind::kNil}, line.end);
  const auto size = static_cast<uint64_t>(length);
  if (size > max_reply_bytes_ || line.end - reply_begin_ + size + kLineEnd > max_reply_bytes_) {
    return fail(ReplyFault::kTooLarge);
  }
  const size_t end = line.end + static_cast<size_t>(size);
  if (kept_.size() - line.end < size + kLineEnd) return Step::kNeedsMore;
  if (kept_[end] != '\r' || kept_[end + 1] != '\n') return fail(ReplyFault::kBadEnd);
  return finish_value({.offset = static_cast<uint32_t>(line.end),
                       .length = static_cast<uint32_t>(size),
                       .kind = ReplyKind::kBulk},
                      end + kLineEnd);
}

ReplyReader::Step ReplyReader::read_array(const Line& line) {
  int64_t count = 0;
  if (!parse_length(line.text, &count)) return fail(ReplyFault::kBadNumber);
  if (count < 0) return finish_value({.length = kNilLength, .kind = ReplyKind::kNil}, line.end);
  const auto values = static_cast<uint64_t>(count);
  if (values > max_reply_bytes_ / kLeastValueBytes) return fail(ReplyFault::kTooLarge);
  const ReplyNode node{.value = count, .kind = ReplyKind::kArray};
  if (values == 0) return finish_value(node, line.end);
  if (depth_ == kMaxReplyDepth) return fail(ReplyFault::kTooDeep);
  // Its first value stands for it: the array has ended when its last one has.
  lacking_[depth_++] = values + 1;
  return finish_value(node, line.end);
}

ReplyReader::Step ReplyReader::finish_value(const ReplyNode& node, size_t end) {
  const size_t nodes = nodes_.size() - starts_.back();
  if (end - reply_begin_ > max_reply_bytes_ || nodes == kMaxReplyNodes) {
    return fail(ReplyFault::kTooLarge);
  }
  nodes_.push_back(node);
  at_ = end;
  while (depth_ > 0 && --lacking_[depth_ - 1] == 0) --depth_;
  if (depth_ > 0) return Step::kRead;
  const ReplyNode& first = nodes_[starts_.back()];
  if (first.kind == ReplyKind::kInteger) {
    integer_sum_ += static_cast<double>(first.value);
  } else {
    others_.push_back(static_cast<uint32_t>(starts_.size() - 1));
    has_text_ = true;
  }
  starts_.push_back(static_cast<uint32_t>(nodes_.size()));
  reply_begin_ = end;
  return Step::kRead;
}

ReplyReader::Step ReplyReader::fail(ReplyFault fault) noexcept {
  fault_ = fault;
  return Step::kFaulty;
}

}  // namespace octoload::resp
