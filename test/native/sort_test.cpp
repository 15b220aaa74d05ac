// The external sort against std::stable_sort.
#include "../../native/sort/sorter.h"

#include <cstdlib>
#include <thread>

#include "../../native/sort/space.h"
#include "check.h"
#include "random.h"
#include "sort_records.h"

using namespace octoload;
using namespace octoload::sort;
using namespace octoload::test;

namespace {

struct Opened {
  ScratchFolder scratch;
  Options options;
  std::unique_ptr<Sorter> sorter;

  explicit Opened(size_t key_bytes, uint32_t block_bytes = 4096,
                  uint64_t memory_bytes = kMinMemoryBytes) {
    options.folder = scratch.path("sort");
    options.identity = "test";
    options.key_bytes = key_bytes;
    options.block_bytes = block_bytes;
    options.memory_bytes = memory_bytes;
    CHECK(Sorter::open(options, &sorter).ok());
  }
};

uint64_t bytes_on_disk(const Sorter& sorter) {
  uint64_t bytes = 0;
  for (const auto& run : sorter.runs()) bytes += run->facts().file_bytes;
  return bytes;
}

void test_key_helpers(Random& random) {
  for (int i = 0; i < 1000; ++i) {
    const auto a = static_cast<int64_t>(random.next());
    const auto b = static_cast<int64_t>(random.next() >> (random.next() % 64));
    const Key left = pack_key(order_signed(a));
    const Key right = pack_key(order_signed(b));
    CHECK_EQ(a < b, std::memcmp(left.data(), right.data(), kWordBytes) < 0);
    CHECK_EQ(restore_signed(load_big_endian(left.data())), a);
  }
  CHECK_EQ(order_signed(INT64_MIN), 0u);
  CHECK_EQ(order_signed(INT64_MAX), UINT64_MAX);
}

// Every cursor's share, one after the other, is the whole.
void test_intervals(const Sorter& sorter, const Records& expected, Random& random) {
  std::vector<Key> bounds;
  for (int i = 0; i < 4; ++i) {
    Key key = pack_key(random.next(), random.next(), random.next());
    if (i % 2 == 0 && expected.count() > 0) {
      copy_key(key.data(), expected.key(random.next() % expected.count()), expected.key_bytes);
    }
    bounds.push_back(key);
  }
  std::sort(bounds.begin(), bounds.end());
  Records read;
  read.key_bytes = expected.key_bytes;
  for (size_t i = 0; i <= bounds.size(); ++i) {
    Range range;
    if (i > 0) range.lower = bounds[i - 1];
    if (i < bounds.size()) range.upper = bounds[i];
    CHECK(read_range(sorter, range, &read).ok());
  }
  CHECK(read == expected);
}

void test_resume(const Sorter& sorter, const Records& expected, Random& random) {
  const size_t key_bytes = expected.key_bytes;
  Records read;
  read.key_bytes = key_bytes;
  Position position;
  while (read.count() < expected.count()) {
    std::unique_ptr<Cursor> cursor;
    CHECK(sorter.open_cursor(Range::after(position), &cursor).ok());
    if (cursor == nullptr) return;
    const size_t before = read.count();
    const size_t wanted = 1 + random.next() % (expected.count() / 3 + 1);
    CHECK(read_on(*cursor, 1 + random.next() % 500, wanted, &read).ok());
    const size_t after = std::min(expected.count(), before + wanted);
    if (!CHECK(read.count() == after)) return;
    advance_position(&position, std::span(read.keys).subspan(before * key_bytes), key_bytes);
  }
  CHECK(read == expected);
  position.equal_keys += expected.count() + 1;
  std::unique_ptr<Cursor> cursor;
  const Code code = sorter.open_cursor(Range::after(position), &cursor).code;
  CHECK(code == Code::kBadPosition);
}

void test_any(Random& random) {
  const size_t key_bytes = 8 * (1 + random.next() % 3);
  const auto kind = static_cast<KeyKind>(random.next() % kKeyKinds);
  constexpr size_t kMaxPayloads[] = {0, 20, 300, 5000};
  const size_t max_payload = kMaxPayloads[random.next() % 4];
  const size_t most = (3u << 20) / (max_payload / 2 + 40);
  const size_t count = random.next() % 4 == 0 ? random.next() % 50 : random.next() % most;
  const Records records = random_records(random, count, key_bytes, kind, max_payload);

  Opened opened(key_bytes, 1024u << random.next() % 6);
  Sorter& sorter = *opened.sorter;
  CHECK(add_in_batches(sorter, records, 0, 1 + random.next() % 60).ok());
  const bool has_spilled = !sorter.runs().empty();
  const bool is_durable = random.next() % 2 == 0;
  CHECK(sorter.finish({is_durable, 1 + random.next() % 4}).ok());
  CHECK_EQ(sorter.runs().empty(), !has_spilled && !is_durable);
  CHECK_EQ(sorter.record_count(), records.count());

  const Records expected = sorted_dully(records);
  CHECK(read_all(sorter, key_bytes) == expected);
  test_intervals(sorter, expected, random);
  test_resume(sorter, expected, random);
}

void test_few_records() {
  for (const bool is_durable : {false, true}) {
    for (const size_t count : {0, 1, 2}) {
      Random random(count);
      const Records records = random_records(random, count, 16, KeyKind::kRandom, 9);
      Opened opened(16);
      std::unique_ptr<Cursor> cursor;
      CHECK(opened.sorter->open_cursor({}, &cursor).code == Code::kBadState);
      CHECK(add_in_batches(*opened.sorter, records, 0, 1).ok());
      CHECK(opened.sorter->finish({is_durable}).ok());
      CHECK(opened.sorter->finish({is_durable}).ok());
      CHECK(read_all(*opened.sorter, 16) == sorted_dully(records));
      CHECK(add_records(*opened.sorter, records, 0, 0).code == Code::kBadState);
      CHECK_EQ(opened.sorter->has_all_input(), is_durable);
    }
  }
}

// Blocks so large that seven runs fill the memory, and cursors that share it.
void test_intermediate_merges(Random& random) {
  for (const size_t cursors : {1, 2, 8}) {
    const Records records = random_records(random, 12000, 24, KeyKind::kFewDistinct, 1000);
    Opened opened(24, 128u << 10);
    CHECK(add_in_batches(*opened.sorter, records, 0, 100).ok());
    CHECK(opened.sorter->runs().size() >= 8);
    CHECK(opened.sorter->finish({true, cursors}).ok());
    CHECK(opened.sorter->runs().size() <= std::max<size_t>(1, 7 / cursors));
    CHECK(read_all(*opened.sorter, 24) == sorted_dully(records));
  }
}

// More runs than may be open at once.
void test_many_runs(Random& random) {
  const size_t count = kMaxMergedRuns + 70;
  const Records records = random_records(random, count, 8, KeyKind::kFewDistinct, 30);
  Opened opened(8, 1024);
  for (size_t i = 0; i < count; ++i) {
    CHECK(add_records(*opened.sorter, records, i, i + 1).ok());
    CHECK(opened.sorter->spill().ok());
    CHECK(opened.sorter->runs().size() <= kMaxMergedRuns);
  }
  CHECK_EQ(durable_mark(*opened.sorter), count);
  CHECK(opened.sorter->finish({}).ok());
  CHECK(read_all(*opened.sorter, 8) == sorted_dully(records));
}

void test_large_payloads(Random& random) {
  Records records;
  records.key_bytes = 8;
  std::vector<uint8_t> payload(kMaxPayloadBytes + 1);
  for (size_t i = 0; i < payload.size(); i += 8) {
    const uint64_t word = random.next();
    std::memcpy(&payload[i], &word, std::min<size_t>(8, payload.size() - i));
  }
  constexpr size_t kSizes[] = {kMaxPayloadBytes, 100, 1u << 20, 0, 9u << 20, 256u << 10, 16u << 20};
  for (const size_t size : kSizes) {
    const Key key = pack_key(random.next() % 4);
    records.add(key.data(), payload.data() + (payload.size() - size) / 2, size);
    records.add(key.data(), payload.data() + records.count(), 50);
  }
  Opened opened(8, 64u << 10, 36u << 20);
  CHECK(add_in_batches(*opened.sorter, records, 0, 1).ok());
  CHECK(opened.sorter->runs().size() >= 1);
  CHECK(opened.sorter->finish({}).ok());
  CHECK(read_all(*opened.sorter, 8) == sorted_dully(records));
}

void test_refused_arguments() {
  Random random(3);
  const Records records = random_records(random, 3, 8, KeyKind::kRandom, 40);
  Opened opened(8);
  Sorter& sorter = *opened.sorter;
  const std::vector<uint8_t> large(kMaxPayloadBytes + 1);
  const std::vector<uint64_t> whole = {0, large.size()};
  const std::vector<uint64_t> nearly = {0, large.size() - 1};
  const std::vector<uint64_t> backwards = {9, 3};
  const std::span<const uint8_t> key = std::span(large).first(8);
  CHECK(sorter.add({key, whole, large}, {}).code == Code::kBadArgument);
  CHECK(sorter.add({key, nearly, large}, {}).code == Code::kBatchTooLarge);
  CHECK(sorter.add({key, backwards, large}, {}).code == Code::kBadArgument);
  CHECK(sorter.add({key, nearly, key}, {}).code == Code::kBadArgument);
  CHECK(sorter.add({key.first(7), whole, large}, {}).code == Code::kBadArgument);
  CHECK(sorter.add({key, {}, large}, {}).code == Code::kBadArgument);
  CHECK(sorter.add({{}, std::span(whole).first(1), {}}, std::span(large).first(4097)).code ==
        Code::kBadArgument);
  CHECK_EQ(sorter.record_count(), 0u);
  CHECK(add_records(sorter, records, 0, 3).ok());
  CHECK(sorter.finish({false, 0}).code == Code::kBadArgument);
  CHECK(sorter.finish({false, 1}).ok());
  CHECK(sorter.finish({true, 1}).code == Code::kBadState);
  CHECK(read_all(sorter, 8) == sorted_dully(records));

  std::unique_ptr<Sorter> refused;
  Options options = opened.options;
  options.key_bytes = 12;
  CHECK(Sorter::open(options, &refused).code == Code::kBadArgument);
  options.key_bytes = 8;
  options.memory_bytes = kMinMemoryBytes - 1;
  CHECK(Sorter::open(options, &refused).code == Code::kBadArgument);
  options.memory_bytes = kMinMemoryBytes;
  options.folder = opened.scratch.path("none/none");
  CHECK(Sorter::open(options, &refused).code == Code::kFolderFailed);
}

void test_cursors_in_threads(Random& random) {
  const Records records = random_records(random, 20000, 16, KeyKind::kRandom, 200);
  Opened opened(16);
  CHECK(add_in_batches(*opened.sorter, records, 0, 500).ok());
  CHECK(opened.sorter->finish({true, 4}).ok());
  std::vector<Records> shares(4);
  std::vector<std::unique_ptr<Cursor>> cursors(4);
  for (uint64_t i = 0; i < 4; ++i) {
    shares[i].key_bytes = 16;
    Range range = {pack_key(i << 62), pack_key((i + 1) << 62), 0};
    if (i == 3) range.upper.reset();
    CHECK(opened.sorter->open_cursor(range, &cursors[i]).ok());
  }
  opened.sorter.reset();  // cursors outlive it
  std::vector<std::thread> threads;
  std::vector<Status> statuses(4);
  for (size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] { statuses[i] = read_on(*cursors[i], 100, SIZE_MAX, &shares[i]); });
  }
  Records whole;
  whole.key_bytes = 16;
  for (size_t i = 0; i < 4; ++i) {
    threads[i].join();
    CHECK(statuses[i].ok());
    for (size_t j = 0; j < shares[i].count(); ++j) whole.add_from(shares[i], j);
  }
  CHECK(whole == sorted_dully(records));
}

void test_space(Random& random) {
  for (const size_t payload : {0, 30, 1000, 20000}) {
    const size_t count = (6u << 20) / (payload + 40);
    const Records records = random_records(random, count, 24, KeyKind::kRandom, payload);
    Opened opened(24, 4096);
    CHECK(add_in_batches(*opened.sorter, records, 0, 10).ok());
    CHECK(opened.sorter->spill().ok());
    const uint64_t average = records.bytes.size() / count + 1;
    const uint64_t estimate = estimate_disk_bytes(opened.options, count, average);
    const uint64_t bytes = bytes_on_disk(*opened.sorter);
    CHECK(estimate >= bytes);
    CHECK(estimate <= bytes + bytes / 4);
  }
  ScratchFolder scratch;
  CHECK(check_free_space(scratch.path("."), 1).ok());
  const Status status = check_free_space(scratch.path("."), UINT64_MAX);
  CHECK(status.code == Code::kNotEnoughSpace && status.offset > 0);
  CHECK(check_free_space(scratch.path("none"), 1).code == Code::kFolderFailed);
}

// Always a step that can be taken, until all runs can be read.
void test_merge_plans(Random& random) {
  for (int round = 0; round < 300; ++round) {
    std::vector<RunSize> runs(1 + random.next() % 40);
    for (RunSize& run : runs) run = {random.next() % 1000, 1 + random.next() % 20};
    const uint64_t memory = random.next() % 100;
    const size_t max_runs = 2 + random.next() % 20;
    for (;;) {
      const MergeStep step = plan_merge(runs, memory, 100, max_runs);
      if (step.count == 0) break;
      if (!CHECK(step.count >= 2 && step.begin + step.count <= runs.size())) return;
      CHECK(step.count <= max_runs);
      const auto at = runs.begin() + static_cast<ptrdiff_t>(step.begin);
      uint64_t buffers = 0;
      for (size_t i = 0; i < step.count; ++i) buffers += at[static_cast<ptrdiff_t>(i)].buffer_bytes;
      CHECK(step.count == 2 || buffers <= 100);
      runs.erase(at + 1, at + static_cast<ptrdiff_t>(step.count));
    }
    uint64_t buffers = 0;
    for (const RunSize& run : runs) buffers += run.buffer_bytes;
    CHECK(runs.size() == 1 || (runs.size() <= max_runs && buffers <= memory));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 30;
  Random random(44);
  test_key_helpers(random);
  test_few_records();
  test_refused_arguments();
  test_merge_plans(random);
  for (size_t i = 0; i < 20 + effort; ++i) test_any(random);
  test_intermediate_merges(random);
  test_many_runs(random);
  test_large_payloads(random);
  test_cursors_in_threads(random);
  test_space(random);
  return check_report("sort");
}
