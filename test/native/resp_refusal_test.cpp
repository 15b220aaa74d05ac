// What the encoder of Redis commands refuses.
#include "../../native/resp/slot.h"
#include "resp_calls.h"

using namespace octoload;
using namespace octoload::test;

namespace {

CqlRow row_at(uint64_t tile, uint16_t cell, uint8_t level) {
  CqlRow row;
  row.tile = tile;
  row.cell = cell;
  row.level = level;
  return row;
}

void check_refusal(const CqlRows& rows, resp::Code code, uint64_t detail) {
  const Batch made(rows);
  for (const resp::Form form : {resp::Form::kFunction, resp::Form::kPlain}) {
    const EncodedEntries encoded = encode(made.batch, 0, rows.size(), options_of(form));
    CHECK(encoded.status.code == code);
    CHECK_EQ(encoded.status.detail, detail);
    CHECK_EQ(encoded.counts.entries, 0u);
  }
}

void test_bad_keys(Random& random) {
  for (size_t bad = 0; bad < 9; ++bad) {
    CqlRows rows(9, random_row(random, 5, 3));
    rows[bad].level = 27;
    check_refusal(rows, resp::Code::kLevelTooDeep, bad);
    rows[bad] = row_at(0, 8, 1);
    check_refusal(rows, resp::Code::kBadKey, bad);
    rows[bad] = row_at(uint64_t{1} << 63, 0, 26);
    check_refusal(rows, resp::Code::kBadKey, bad);
    rows[bad] = row_at(0, 0x8000, 26);
    check_refusal(rows, resp::Code::kBadKey, bad);
    // Not looked at where it is left out.
    const Batch made(rows);
    resp::EntryOptions options = options_of(resp::Form::kFunction);
    std::vector<uint8_t> selection(rows.size(), 1);
    selection[bad] = 0;
    options.selection = selection;
    const EncodedEntries encoded = encode(made.batch, 0, rows.size(), options);
    CHECK(encoded.status.ok());
    CHECK_EQ(encoded.counts.entries, rows.size() - 1);
  }
}

template <class Change>
bool is_refused(size_t begin, size_t end, Change change, size_t capacity = 2) {
  const Batch made({CqlRow{}, CqlRow{}});
  resp::EntryOptions options = options_of(resp::Form::kFunction);
  change(&options);
  return encode_into(made.batch, begin, end, options, 10'000, capacity).status.code ==
         resp::Code::kBadArgument;
}

void test_bad_options() {
  using Options = resp::EntryOptions;
  const std::string long_name(resp::kMaxNameBytes + 1, 'n');
  const std::string long_prefix(resp::kMaxPrefixBytes + 1, 'n');
  const std::vector<uint8_t> selection(3, 1);
  const std::vector<uint16_t> slots(resp::kSlots);
  const std::span<const uint16_t> few_slots(slots.data(), 100);
  CHECK(!is_refused(0, 2, [](Options*) {}));
  CHECK(is_refused(
      0, 2, [](Options*) {}, 1));
  CHECK(is_refused(
      0, 3, [](Options*) {}, 3));
  CHECK(is_refused(2, 1, [](Options*) {}));
  CHECK(is_refused(0, 2, [](Options* o) { o->name = {}; }));
  CHECK(is_refused(0, 2, [&](Options* o) { o->name = bytes_of(long_name); }));
  CHECK(is_refused(0, 2, [&](Options* o) { o->prefix = bytes_of(long_prefix); }));
  CHECK(is_refused(0, 2, [](Options* o) { o->keys_per_command = 0; }));
  CHECK(is_refused(0, 2, [](Options* o) { o->keys_per_command = 1025; }));
  CHECK(is_refused(0, 2, [](Options* o) { o->wts_us = -1; }));
  CHECK(is_refused(0, 2, [](Options* o) { o->ttl_s = 0; }));
  CHECK(is_refused(0, 2, [](Options* o) { o->ttl_s = uint32_t{1} << 31; }));
  CHECK(is_refused(0, 2, [&](Options* o) { o->selection = selection; }));
  CHECK(is_refused(0, 2, [](Options* o) { o->nodes = 2; }));
  CHECK(is_refused(0, 2, [&](Options* o) { o->node_of_slot = few_slots; }));
  const auto in_cluster = [&](uint32_t keys, const char* prefix, uint16_t nodes) {
    return is_refused(0, 2, [&](Options* o) {
      o->node_of_slot = slots;
      o->nodes = nodes;
      o->keys_per_command = keys;
      o->prefix = bytes_of(prefix);
    });
  };
  CHECK(!in_cluster(1, "octree:", 1));
  CHECK(!in_cluster(2, "oct{ree}:", 3));
  CHECK(in_cluster(2, "octree:", 3));
  CHECK(in_cluster(2, "{}octree:", 3));
  CHECK(in_cluster(1, "octree:", 0));
  const auto plain = [](Options* o) { *o = options_of(resp::Form::kPlain); };
  CHECK(!is_refused(0, 2, plain, 6));
  CHECK(is_refused(0, 2, plain, 5));
  CHECK(is_refused(
      0, 2, [](Options* o) { o->form = resp::Form::kPlain; }, 6));
}

void test_too_large() {
  const size_t count = 1'900'000;
  const Batch made{CqlRows(count)};
  const std::string prefix(resp::kMaxPrefixBytes, 'p');
  resp::EntryOptions options = options_of(resp::Form::kPlain);
  options.prefix = bytes_of(prefix);
  const EncodedEntries encoded =
      encode_into(made.batch, 0, count, options, 0, resp::kMaxPlainCommands * count);
  CHECK(encoded.status.code == resp::Code::kTooLarge);
}

}  // namespace

int main() {
  Random random(82);
  test_bad_keys(random);
  test_bad_options();
  test_too_large();
  return check_report("redis entries, refusals");
}
