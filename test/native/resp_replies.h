// A dull reader of RESP2 that has the whole stream, and random streams for it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "../../native/resp/reply_reader.h"
#include "random.h"

namespace octoload::test {

__extension__ using Wide128Signed = __int128;

struct Value {
  resp::ReplyKind kind = resp::ReplyKind::kNil;
  resp::ErrorKind error = resp::ErrorKind::kNone;
  int64_t value = 0;
  std::string text = {};
  bool operator==(const Value&) const = default;
};
using Reply = std::vector<Value>;  // in preorder

struct Heard {
  std::vector<Reply> replies;
  resp::ReplyFault fault = resp::ReplyFault::kNone;
  uint64_t offset = 0;  // of the fault
  size_t pending = 0;
  bool operator==(const Heard&) const = default;
};

class DullReader {
 public:
  DullReader(std::string stream, size_t max_bytes) : stream_(std::move(stream)), max_(max_bytes) {}

  Heard read() {
    for (;;) {
      begin_ = at_;
      Reply reply;
      if (!read_value(&reply, 0)) break;
      heard_.replies.push_back(reply);
    }
    heard_.offset = heard_.fault == resp::ReplyFault::kNone ? 0 : at_;
    heard_.pending = stream_.size() - begin_;
    return heard_;
  }

 private:
  using Fault = resp::ReplyFault;
  using Kind = resp::ReplyKind;

  bool fail(Fault fault) {
    heard_.fault = fault;
    return false;
  }

  // The line that begins at at_, without type and end. false: it has not ended, or is wrong.
  bool read_line(std::string* line) {
    size_t end = at_ + 1;
    while (end < stream_.size() && stream_[end] != '\r' && end - at_ - 1 <= resp::kMaxReplyLine) {
      ++end;
    }
    if (end - at_ - 1 > resp::kMaxReplyLine) return fail(Fault::kTooLarge);
    if (end + 1 >= stream_.size()) return false;
    *line = stream_.substr(at_ + 1, end - at_ - 1);
    if (stream_[end + 1] != '\n' || line->find('\n') != std::string::npos) {
      return fail(Fault::kBadLine);
    }
    return true;
  }

  static bool number_of(const std::string& line, Wide128Signed* number) {
    size_t i = !line.empty() && (line[0] == '-' || line[0] == '+') ? 1 : 0;
    if (line.size() == i || line.size() - i > 19) return false;
    *number = 0;
    for (; i < line.size(); ++i) {
      if (line[i] < '0' || line[i] > '9') return false;
      *number = *number * 10 + (line[i] - '0');
    }
    if (line[0] == '-') *number = -*number;
    return *number >= INT64_MIN && *number <= INT64_MAX;
  }

  bool finish(Reply* reply, const Value& value, size_t end) {
    if (end - begin_ > max_ || reply->size() == resp::kMaxReplyNodes) return fail(Fault::kTooLarge);
    reply->push_back(value);
    at_ = end;
    return true;
  }

  bool read_value(Reply* reply, size_t depth) {
    if (at_ == stream_.size()) return false;
    const char type = stream_[at_];
    if (type == 0 || std::string("+-:$*").find(type) == std::string::npos) {
      return fail(Fault::kBadType);
    }
    std::string line;
    if (!read_line(&line)) return false;
    const size_t end = at_ + 1 + line.size() + 2;
    if (type == '+') return finish(reply, {.kind = Kind::kSimple, .text = line}, end);
    if (type == '-') return finish(reply, error_of(line), end);
    Wide128Signed number = 0;
    const bool is_number = number_of(line, &number);
    if (!is_number || (type != ':' && number < -1)) return fail(Fault::kBadNumber);
    const auto value = static_cast<int64_t>(number);
    if (type == ':') return finish(reply, {.kind = Kind::kInteger, .value = value}, end);
    if (value == -1) return finish(reply, {.kind = Kind::kNil}, end);
    if (type == '$') return read_bulk(reply, end, static_cast<size_t>(value));
    return read_array(reply, depth, end, value);
  }

  bool read_bulk(Reply* reply, size_t begin, size_t length) {
    if (length > max_ || begin - begin_ + length + 2 > max_) return fail(Fault::kTooLarge);
    if (stream_.size() < begin + length + 2) return false;
    if (stream_.substr(begin + length, 2) != "\r\n") return fail(Fault::kBadEnd);
    const Value value = {.kind = Kind::kBulk, .text = stream_.substr(begin, length)};
    return finish(reply, value, begin + length + 2);
  }

  bool read_array(Reply* reply, size_t depth, size_t end, int64_t values) {
    if (static_cast<uint64_t>(values) > max_ / 3) return fail(Fault::kTooLarge);
    if (values > 0 && depth == resp::kMaxReplyDepth) return fail(Fault::kTooDeep);
    if (!finish(reply, {.kind = Kind::kArray, .value = values}, end)) return false;
    for (int64_t i = 0; i < values; ++i) {
      if (!read_value(reply, depth + 1)) return false;
    }
    return true;
  }

  static Value error_of(const std::string& line) {
    static const std::pair<const char*, resp::ErrorKind> kWords[] = {
        {"MOVED ", resp::ErrorKind::kMoved},
        {"ASK ", resp::ErrorKind::kAsk},
        {"OOM ", resp::ErrorKind::kOutOfMemory},
        {"ERR Function not found", resp::ErrorKind::kNoFunction},
        {"ERR ", resp::ErrorKind::kErr},
    };
    Value value = {.kind = Kind::kError, .error = resp::ErrorKind::kOther, .text = line};
    for (const auto& [word, kind] : kWords) {
      if (line.rfind(word, 0) != 0) continue;
      value.error = kind;
      break;
    }
    const bool is_redirection =
        value.error == resp::ErrorKind::kMoved || value.error == resp::ErrorKind::kAsk;
    if (is_redirection) value.value = slot_in(line);
    value.text = line.substr(0, resp::kMaxErrorText);
    return value;
  }

  static int64_t slot_in(const std::string& line) {
    const size_t begin = line.find(' ') + 1, end = line.find(' ', begin);
    Wide128Signed slot = 0;
    const std::string word = end == std::string::npos ? "" : line.substr(begin, end - begin);
    const bool is_slot = word.find_first_of("+-") == std::string::npos && number_of(word, &slot);
    return is_slot && slot < 16384 ? static_cast<int64_t>(slot) : -1;
  }

  const std::string stream_;
  const size_t max_;
  size_t at_ = 0;
  size_t begin_ = 0;
  Heard heard_;
};

inline std::string random_text(Random& random, size_t most) {
  std::string text(random.next() % (most + 1), ' ');
  for (char& c : text) c = static_cast<char>(random.next());
  return text;
}

inline std::string random_line(Random& random, size_t most) {
  std::string text = random_text(random, most);
  for (char& c : text) {
    if (c == '\r' || c == '\n') c = ' ';
  }
  return text;
}

inline std::string random_error(Random& random) {
  static const char* const kErrors[] = {"ERR wrong",
                                        "ERR Function not found",
                                        "MOVED 3999 127.0.0.1:6381",
                                        "ASK 16383 ::1:7000",
                                        "MOVED 16384 a:1",
                                        "MOVED x a:1",
                                        "ASK 12",
                                        "OOM command not allowed",
                                        "SOMETHING else",
                                        ""};
  const std::string error = kErrors[random.next() % std::size(kErrors)];
  return error + (random.next() % 2 == 0 ? "" : random_line(random, 300));
}

inline std::string random_reply(Random& random, size_t depth = 0) {
  const auto line = [](char type, const std::string& text) { return type + text + "\r\n"; };
  switch (random.next() % (depth < 4 ? 8 : 6)) {
    case 0:
      return line('+', random.next() % 2 == 0 ? "OK" : random_line(random, 20));
    case 1:
      return line('-', random_error(random));
    case 2:
      return random.next() % 2 == 0 ? "$-1\r\n" : "*-1\r\n";
    case 3: {
      const std::string text = random_text(random, 40);
      return line('$', std::to_string(text.size())) + text + "\r\n";
    }
    case 4:
      return line(':', std::to_string(static_cast<int64_t>(random.next()) >> random.next() % 64));
    case 5:
      return line(':', std::to_string(random.next() % 12));
    default: {
      const size_t count = random.next() % 6;
      std::string text = line('*', std::to_string(count));
      for (size_t i = 0; i < count; ++i) text += random_reply(random, depth + 1);
      return text;
    }
  }
}

inline std::string random_stream(Random& random, size_t replies) {
  std::string stream;
  for (size_t i = 0; i < replies; ++i) stream += random_reply(random);
  return stream;
}

}  // namespace octoload::test
