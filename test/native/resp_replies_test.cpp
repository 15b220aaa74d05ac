// Replies of a Redis server against a dull reader that has the whole stream,
// wherever the chunks end and whatever became of the bytes.
#include <cstdlib>

#include "check.h"
#include "resp_commands.h"
#include "resp_replies.h"

using namespace octoload;
using namespace octoload::test;

namespace {

constexpr size_t kMaxBytes = 2000;

Value value_of(const resp::ReplyReader& reader, const resp::ReplyNode& node) {
  Value value = {.kind = node.kind, .error = node.error, .value = node.value};
  const bool has_text = node.kind == resp::ReplyKind::kSimple ||
                        node.kind == resp::ReplyKind::kBulk || node.kind == resp::ReplyKind::kError;
  CHECK_EQ(node.kind == resp::ReplyKind::kNil, node.length == resp::kNilLength);
  if (!has_text) CHECK_EQ(node.offset, 0u);
  if (!has_text || !CHECK(node.offset <= reader.bytes().size())) return value;
  CHECK(reader.has_text());
  const auto rest = reader.bytes().subspan(node.offset);
  if (CHECK(node.length <= rest.size())) value.text = string_of(rest.first(node.length));
  return value;
}

// Adds what the last chunk brought.
void listen(const resp::ReplyReader& reader, Heard* heard) {
  double sum = 0;
  std::vector<uint32_t> others;
  for (size_t i = 0; i < reader.count(); ++i) {
    Reply reply;
    for (size_t node = reader.starts()[i]; node < reader.starts()[i + 1]; ++node) {
      reply.push_back(value_of(reader, reader.nodes()[node]));
    }
    const bool is_integer = reply[0].kind == resp::ReplyKind::kInteger;
    if (is_integer) sum += static_cast<double>(reply[0].value);
    if (!is_integer) others.push_back(static_cast<uint32_t>(i));
    heard->replies.push_back(reply);
  }
  CHECK(std::equal(others.begin(), others.end(), reader.others().begin(), reader.others().end()));
  CHECK(reader.integer_sum() == sum);
  heard->fault = reader.fault();
  heard->offset = reader.fault() == resp::ReplyFault::kNone ? 0 : reader.fault_offset();
}

// The chunk lies in memory of exactly its size, so that the sanitizer sees its end.
void push(resp::ReplyReader* reader, const std::string& chunk, Heard* heard) {
  const std::vector<uint8_t> bytes(chunk.begin(), chunk.end());
  reader->push(bytes);
  listen(*reader, heard);
}

// Cuts the stream at these offsets, which ascend.
Heard hear(const std::string& stream, const std::vector<size_t>& cuts, size_t max_bytes) {
  resp::ReplyReader reader(max_bytes);
  Heard heard;
  size_t begin = 0;
  for (const size_t end : cuts) {
    push(&reader, stream.substr(begin, end - begin), &heard);
    begin = end;
  }
  push(&reader, stream.substr(begin), &heard);
  heard.pending = reader.pending_bytes();
  return heard;
}

std::vector<size_t> random_cuts(Random& random, size_t length) {
  std::vector<size_t> cuts(random.next() % 12);
  for (size_t& cut : cuts) cut = random.next() % (length + 1);
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

std::vector<size_t> every_byte(size_t length) {
  std::vector<size_t> cuts;
  for (size_t i = 1; i < length; ++i) cuts.push_back(i);
  return cuts;
}

// A faulty stream is not kept once the fault is known, so how much waits depends on the chunks.
Heard comparable(Heard heard) {
  if (heard.fault != resp::ReplyFault::kNone) heard.pending = 0;
  return heard;
}

void check_stream(Random& random, const std::string& stream, size_t max_bytes = kMaxBytes) {
  const Heard expected = comparable(DullReader(stream, max_bytes).read());
  CHECK(comparable(hear(stream, {}, max_bytes)) == expected);
  CHECK(comparable(hear(stream, every_byte(stream.size()), max_bytes)) == expected);
  for (int i = 0; i < 4; ++i) {
    CHECK(comparable(hear(stream, random_cuts(random, stream.size()), max_bytes)) == expected);
  }
}

void test_streams(Random& random, int rounds) {
  for (int i = 0; i < rounds; ++i) check_stream(random, random_stream(random, random.next() % 12));
  for (int i = 0; i < rounds / 10; ++i) {
    const std::string stream = random_stream(random, 6);
    const Heard expected = comparable(DullReader(stream, kMaxBytes).read());
    for (size_t cut = 0; cut <= stream.size(); ++cut) {
      CHECK(comparable(hear(stream, {cut}, kMaxBytes)) == expected);
    }
  }
}

void test_mutations(Random& random, int rounds) {
  constexpr std::string_view kBytes = "\r\n+-:$*0123456789-1 ";
  for (int i = 0; i < rounds; ++i) {
    std::string stream = random_stream(random, 1 + random.next() % 6);
    const size_t changes = 1 + random.next() % 3;
    for (size_t j = 0; j < changes && !stream.empty(); ++j) {
      const size_t at = random.next() % stream.size();
      const char byte = random.next() % 2 == 0 ? kBytes[random.next() % kBytes.size()]
                                               : static_cast<char>(random.next());
      if (random.next() % 3 == 0)
        stream.erase(at, 1);
      else if (random.next() % 2 == 0)
        stream.insert(at, 1, byte);
      else
        stream[at] = byte;
    }
    check_stream(random, stream, random.next() % 3 == 0 ? random.next() % 200 : kMaxBytes);
  }
}

void check_fault(Random& random, const std::string& stream, resp::ReplyFault fault,
                 uint64_t offset) {
  const Heard heard = hear(":1\r\n" + stream + ":2\r\n", {}, kMaxBytes);
  CHECK_EQ(static_cast<int>(heard.fault), static_cast<int>(fault));
  CHECK_EQ(heard.offset, fault == resp::ReplyFault::kNone ? 0 : 4 + offset);
  CHECK_EQ(heard.replies.size(), fault == resp::ReplyFault::kNone ? 3u : 1u);
  check_stream(random, stream);
}

void test_faults(Random& random) {
  using Fault = resp::ReplyFault;
  const auto nested = [](size_t depth) {
    std::string text;
    for (size_t i = 0; i < depth; ++i) text += "*1\r\n";
    return text + ":1\r\n";
  };
  check_fault(random, ":5\r\n", Fault::kNone, 0);
  for (const char* const text : {"_\r\n", "#t\r\n", ",1.5\r\n", "%1\r\n", "PONG\r\n", "\r\n"}) {
    check_fault(random, text, Fault::kBadType, 0);
  }
  check_fault(random, std::string(1, '\0'), Fault::kBadType, 0);
  check_fault(random, "+a\rb\r\n", Fault::kBadLine, 0);
  check_fault(random, "-a\nb\r\n", Fault::kBadLine, 0);
  for (const char* const text :
       {":\r\n", ":-\r\n", ":1a\r\n", ":1 \r\n", ": 1\r\n", ":--1\r\n", ":9223372036854775808\r\n",
        ":-9223372036854775809\r\n", ":00000000000000000001\r\n", "$-2\r\n", "$\r\n", "*-2\r\n"}) {
    check_fault(random, text, Fault::kBadNumber, 0);
  }
  check_fault(random, ":9223372036854775807\r\n", Fault::kNone, 0);
  check_fault(random, ":-9223372036854775808\r\n", Fault::kNone, 0);
  check_fault(random, "$3\r\nabcd\r\n", Fault::kBadEnd, 0);
  check_fault(random, "*2\r\n:1\r\n$1\r\nab\r\n", Fault::kBadEnd, 8);
  check_fault(random, nested(resp::kMaxReplyDepth), Fault::kNone, 0);
  check_fault(random, nested(resp::kMaxReplyDepth + 1), Fault::kTooDeep, 4 * resp::kMaxReplyDepth);
  check_fault(random, "$1992\r\n", Fault::kTooLarge, 0);
  check_fault(random, "$9223372036854775807\r\n", Fault::kTooLarge, 0);
  check_fault(random, "*667\r\n", Fault::kTooLarge, 0);
  check_fault(random, "*9223372036854775807\r\n", Fault::kTooLarge, 0);
  check_fault(random, "+" + std::string(kMaxBytes, 'a') + "\r\n", Fault::kTooLarge, 0);
}

// Beyond what the other tests' replies may have.
void test_large() {
  const std::string line(resp::kMaxReplyLine, 'l');
  const size_t max_bytes = 8 * resp::kMaxReplyNodes;
  CHECK(hear("+" + line + "\r\n", {7}, max_bytes).replies.size() == 1);
  for (const char* const end : {"l\r\n", "l", "ll\r\n"}) {
    const Heard heard = hear("+" + line + end, {}, max_bytes);
    CHECK(heard.fault == resp::ReplyFault::kTooLarge);
  }
  std::string many;
  for (size_t i = 0; i < resp::kMaxReplyNodes; ++i) many += ":1\r\n";
  const auto array = [&](size_t count) {
    return "*" + std::to_string(count) + "\r\n" + many.substr(0, 4 * count);
  };
  CHECK(hear(array(resp::kMaxReplyNodes - 1), {99}, max_bytes).replies.size() == 1);
  CHECK(hear(array(resp::kMaxReplyNodes), {99}, max_bytes).fault == resp::ReplyFault::kTooLarge);
  const std::string text(5'000'000, 't');
  const std::string bulk = "$5000000\r\n" + text + "\r\n";
  const Heard heard = hear(bulk, {1, 3, 70'000, 4'999'999}, max_bytes);
  CHECK(heard.replies.size() == 1 && heard.replies[0][0].text == text);
}

void test_error_kinds() {
  using Kind = resp::ErrorKind;
  const std::pair<std::string_view, Kind> kinds[] = {
      {"MOVED 1 a:1", Kind::kMoved},
      {"ASK 1 a:1", Kind::kAsk},
      {"TRYAGAIN Multiple keys request during rehashing of slot", Kind::kTryAgain},
      {"CLUSTERDOWN The cluster is down", Kind::kClusterDown},
      {"LOADING Redis is loading the dataset in memory", Kind::kLoading},
      {"OOM command not allowed when used memory > 'maxmemory'.", Kind::kOutOfMemory},
      {"READONLY You can't write against a read only replica.", Kind::kReadOnly},
      {"NOAUTH Authentication required.", Kind::kNoAuth},
      {"NOPERM User x has no permissions", Kind::kNoPermission},
      {"WRONGTYPE Operation against a key", Kind::kWrongType},
      {"NOSCRIPT No matching script.", Kind::kNoScript},
      {"BUSY Redis is busy running a script.", Kind::kBusy},
      {"MASTERDOWN Link with MASTER is down", Kind::kMasterDown},
      {"CROSSSLOT Keys in request don't hash to the same slot", Kind::kCrossSlot},
      {"WRONGPASS invalid username-password pair", Kind::kWrongPassword},
      {"NOREPLICAS Not enough good replicas to write.", Kind::kNoReplicas},
      {"MISCONF Redis is configured to save RDB snapshots", Kind::kMisconfigured},
      {"ERR Function not found", Kind::kNoFunction},
      {"ERR unknown command 'FCALL'", Kind::kUnknownCommand},
      {"ERR syntax error", Kind::kErr},
      {"ERR", Kind::kErr},
      {"OOM", Kind::kOutOfMemory},
      {"OOMX", Kind::kOther},
      {"ERRATIC", Kind::kOther},
      {" OOM", Kind::kOther},
      {"", Kind::kOther}};
  for (const auto& [text, kind] : kinds) {
    const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(text.data()),
                                         text.size());
    CHECK_EQ(static_cast<int>(resp::error_kind_of(bytes)), static_cast<int>(kind));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const long millions = argc > 1 ? std::max(1L, std::strtol(argv[1], nullptr, 10)) : 10;
  const int rounds = static_cast<int>(std::min(millions, 10L) * 500);
  Random random(84);
  test_streams(random, rounds);
  test_mutations(random, rounds * 4);
  test_faults(random);
  test_large();
  test_error_kinds();
  return check_report("redis replies");
}
