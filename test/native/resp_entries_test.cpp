// Redis commands of the hot cache's entries against a dull encoder of them.
#include <map>
#include <numeric>

#include "../../native/resp/command_writer.h"
#include "../../native/resp/slot.h"
#include "resp_calls.h"

using namespace octoload;
using namespace octoload::test;

namespace {

constexpr resp::Form kForms[] = {resp::Form::kFunction, resp::Form::kScript, resp::Form::kPlain};

const std::string kPrefixes[] = {"octree:",
                                 "",
                                 "{tag}",
                                 "a{b}c{d}:",
                                 "{}{x}",
                                 "open{",
                                 "}{",
                                 "with space\r\n$3\r\n:",
                                 std::string("\0\xff\xc3\xa9", 4),
                                 std::string(resp::kMaxPrefixBytes, 'p')};

CqlRows random_entries(Random& random, size_t count) {
  CqlRows rows;
  for (size_t i = 0; i < count; ++i) {
    rows.push_back(random_row(random, 26, 3));
    CqlRow& row = rows.back();
    if (random.next() % 2 == 0) row.homogeneity = 1;
    if (random.next() % 4 == 0) row.last_modified >>= random.next() % 64;
    if (random.next() % 4 == 0) row.material >>= random.next() % 32;
  }
  return rows;
}

// What is expected of a call: the rows of each node, in order.
using NodeRows = std::vector<std::vector<uint32_t>>;

NodeRows rows_by_node(const CqlRows& rows, size_t begin, size_t end,
                      const resp::EntryOptions& options, std::vector<uint32_t>* ownerless) {
  NodeRows nodes(options.nodes);
  for (size_t i = begin; i < end; ++i) {
    if (!options.selection.empty() && options.selection[i] == 0) continue;
    const uint16_t slot = slot_text(key_of(rows[i], options));
    const uint16_t node = options.node_of_slot.empty() ? uint16_t{0} : options.node_of_slot[slot];
    (node < options.nodes ? nodes[node] : *ownerless).push_back(static_cast<uint32_t>(i));
  }
  return nodes;
}

void check_node(const CqlRows& all, const std::vector<uint32_t>& indexes,
                const resp::EntryOptions& options, const EncodedEntries& encoded, size_t node,
                uint32_t* entry) {
  uint32_t at = encoded.node_commands[node];
  for (size_t i = 0; i < indexes.size(); i += options.keys_per_command) {
    CqlRows rows;
    const uint32_t first = *entry;
    for (size_t j = i; j < std::min<size_t>(i + options.keys_per_command, indexes.size()); ++j) {
      rows.push_back(all[indexes[j]]);
      if (!CHECK_EQ(encoded.rows[(*entry)++], indexes[j])) return;
    }
    for (const std::string& text : commands_of(rows, options)) {
      if (!CHECK(at < encoded.counts.commands) || !CHECK(encoded.text(at, at + 1) == text)) return;
      CHECK_EQ(encoded.first_entries[at], first);
      CHECK_EQ(encoded.entries[at], rows.size());
      ++at;
    }
  }
  CHECK_EQ(at, encoded.node_commands[node + 1]);
}

void check_rows(const CqlRows& rows, size_t begin, size_t end, const resp::EntryOptions& options) {
  const Batch made(rows);
  const EncodedEntries encoded = encode(made.batch, begin, end, options);
  if (!CHECK(encoded.status.ok())) return;
  std::vector<uint32_t> ownerless;
  const NodeRows nodes = rows_by_node(rows, begin, end, options, &ownerless);
  uint32_t entry = 0;
  CHECK_EQ(encoded.node_commands[0], 0u);
  for (size_t node = 0; node < nodes.size(); ++node) {
    check_node(rows, nodes[node], options, encoded, node, &entry);
  }
  CHECK_EQ(encoded.counts.entries, entry);
  CHECK_EQ(encoded.node_commands[options.nodes], encoded.counts.commands);
  CHECK_EQ(encoded.offsets[0], 0u);
  CHECK_EQ(encoded.counts.ownerless, ownerless.size());
  for (size_t i = 0; i < ownerless.size(); ++i) CHECK_EQ(encoded.rows[entry + i], ownerless[i]);
}

void test_standalone(Random& random) {
  for (const resp::Form form : kForms) {
    for (const std::string& prefix : kPrefixes) {
      for (const uint32_t keys : {1u, 2u, 7u, 1024u}) {
        if (form == resp::Form::kPlain && keys > 1) continue;
        resp::EntryOptions options = options_of(form);
        options.prefix = bytes_of(prefix);
        options.keys_per_command = keys;
        options.ttl_s = static_cast<uint32_t>(1 + random.next() % INT32_MAX);
        options.wts_us = static_cast<int64_t>(random.next() >> (1 + random.next() % 63));
        const CqlRows rows = random_entries(random, 1 + random.next() % 40);
        const size_t begin = random.next() % (rows.size() + 1);
        check_rows(rows, begin, rows.size(), options);
        std::vector<uint8_t> selection(rows.size());
        for (uint8_t& one : selection) one = static_cast<uint8_t>(random.next() % 3);
        options.selection = selection;
        check_rows(rows, 0, rows.size(), options);
      }
    }
  }
  const CqlRows many = random_entries(random, 3000);
  resp::EntryOptions options = options_of(resp::Form::kFunction);
  options.keys_per_command = 1024;
  check_rows(many, 0, many.size(), options);
  check_rows({}, 0, 0, options);
}

void test_cluster(Random& random) {
  for (const uint16_t nodes : {uint16_t{1}, uint16_t{3}, uint16_t{100}, uint16_t{65535}}) {
    std::vector<uint16_t> node_of_slot(resp::kSlots);
    for (uint16_t& node : node_of_slot) {
      node = random.next() % 10 == 0 ? resp::kNoNode : static_cast<uint16_t>(random.next() % nodes);
    }
    for (const resp::Form form : kForms) {
      for (const std::string& prefix : kPrefixes) {
        resp::EntryOptions options = options_of(form);
        options.prefix = bytes_of(prefix);
        options.node_of_slot = node_of_slot;
        options.nodes = nodes;
        check_rows(random_entries(random, 100), 0, 100, options);
      }
    }
    resp::EntryOptions options = options_of(resp::Form::kScript);
    options.prefix = bytes_of("x{one slot}y");
    options.node_of_slot = node_of_slot;
    options.nodes = nodes;
    options.keys_per_command = 30;
    check_rows(random_entries(random, 100), 0, 100, options);
  }
}

void test_slots(Random& random) {
  // The specification's own example of the CRC, and keys that share a slot.
  CHECK_EQ(resp::crc16(bytes_of("123456789")), 0x31c3);
  CHECK_EQ(resp::slot_of(bytes_of("{user1000}.following")), resp::slot_of(bytes_of("user1000")));
  CHECK_EQ(resp::slot_of(bytes_of("foo{bar}{zap}")), resp::slot_of(bytes_of("bar")));
  CHECK_EQ(resp::slot_of(bytes_of("foo{{bar}}zap")), resp::slot_of(bytes_of("{bar")));
  CHECK_EQ(resp::slot_of(bytes_of("foo{}{bar}")), crc16_of("foo{}{bar}") % 16384);
  for (int i = 0; i < 20'000; ++i) {
    std::string key(random.next() % 30, ' ');
    for (char& c : key) c = "{}ab\xff"[random.next() % 5];
    CHECK_EQ(resp::slot_of(bytes_of(key)), slot_text(key));
  }
}

// The longest texts there are, in the room that is asked for: also of what is
// no key, since the block may change after it was looked at.
void test_longest(Random& random) {
  CqlRow row = random_row(random, 26, 0);
  row.tile = ~uint64_t{0};
  row.cell = 0xffff;
  row.level = 255;
  row.mask = 255;
  row.no_material = false;
  row.material = INT32_MIN;
  row.last_modified = INT64_MIN;
  const std::string name(resp::kMaxNameBytes, 'n'), prefix(resp::kMaxPrefixBytes, 'x');
  for (const float homogeneity : {-1.17549435e-38f, -9.8765432e-6f, -1.23456794e20f, 1.0f}) {
    row.homogeneity = homogeneity;
    for (const bool no_material : {false, true}) {
      row.no_material = no_material;
      const Batch made({row, row});
      resp::EntryOptions options = options_of(resp::Form::kScript);
      options.name = bytes_of(name);
      options.prefix = bytes_of(prefix);
      options.wts_us = INT64_MAX;
      options.ttl_s = INT32_MAX;
      std::vector<uint8_t> room(resp::CommandWriter::room_for(options, 2, 1));
      const uint32_t rows[] = {0, 1};
      uint8_t* const end = resp::CommandWriter(made.batch, options).write_call(rows, room.data());
      CHECK(string_of({room.data(), end}) == commands_of({row, row}, options)[0]);
      options.form = resp::Form::kPlain;
      room.assign(resp::CommandWriter::room_for(options, 1, 3), 0);
      uint8_t* begins[resp::kMaxPlainCommands + 1];
      const size_t count =
          resp::CommandWriter(made.batch, options).write_plain(0, room.data(), begins);
      const std::vector<std::string> commands = commands_of({row}, options);
      CHECK_EQ(count, commands.size());
      for (size_t i = 0; i < count; ++i) {
        CHECK(string_of({begins[i], begins[i + 1]}) == commands[i]);
      }
    }
  }
}

}  // namespace

int main() {
  Random random(81);
  test_standalone(random);
  test_cluster(random);
  test_slots(random);
  test_longest(random);
  return check_report("redis entries");
}
