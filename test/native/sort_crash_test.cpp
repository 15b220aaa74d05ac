// kill -9 at random moments: a child process sorts, is killed, the next one
// takes up what it left. In the end the result is that of one undisturbed sort.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>

#include "../../native/sort/sorter.h"
#include "check.h"
#include "random.h"
#include "sort_records.h"

using namespace octoload;
using namespace octoload::sort;
using namespace octoload::test;

namespace {

constexpr size_t kRecords = 12000;
constexpr size_t kBatch = 50;
constexpr int kKills = 12;

Options options_of(const ScratchFolder& scratch) {
  Options options;
  options.folder = scratch.path("sort");
  options.identity = "crash";
  options.key_bytes = 24;
  options.memory_bytes = kMinMemoryBytes;
  options.block_bytes = 128u << 10;  // eight runs fill the memory: there is a merge to interrupt
  return options;
}

// The whole work from wherever it stands. The exit code of a child.
int sort_all(const Options& options, const Records& records) {
  std::unique_ptr<Sorter> sorter;
  Status status = Sorter::open(options, &sorter);
  if (status.ok() && !sorter->has_all_input()) {
    status = add_in_batches(*sorter, records, durable_mark(*sorter), kBatch);
  }
  if (status.ok()) status = sorter->finish({true, 4});
  return status.ok() ? 0 : static_cast<int>(status.code);
}

// Runs a child for at most `microseconds`. Its exit code, or -1 when killed.
int run_child(const Options& options, const Records& records, uint64_t microseconds) {
  const pid_t child = fork();
  if (child == 0) _exit(sort_all(options, records));
  if (!CHECK(child > 0)) return 0;
  usleep(static_cast<useconds_t>(microseconds));
  kill(child, SIGKILL);
  int outcome = 0;
  CHECK_EQ(waitpid(child, &outcome, 0), child);
  return WIFEXITED(outcome) ? WEXITSTATUS(outcome) : -1;
}

// How long an undisturbed child takes on this machine, to aim the kills.
uint64_t measure_child(const Records& records) {
  const ScratchFolder scratch;
  const Options options = options_of(scratch);
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) _exit(sort_all(options, records));
  int outcome = 0;
  CHECK_EQ(waitpid(child, &outcome, 0), child);
  CHECK(WIFEXITED(outcome) && WEXITSTATUS(outcome) == 0);
  const auto end = std::chrono::steady_clock::now();
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(end - begin).count());
}

// What is durable never becomes less.
size_t check_progress(const Options& options, size_t before) {
  std::unique_ptr<Sorter> sorter;
  if (!CHECK(Sorter::open(options, &sorter).ok())) return before;
  const size_t mark = durable_mark(*sorter);
  CHECK(mark >= before);
  CHECK_EQ(sorter->record_count(), mark);
  return mark;
}

void test_kills(const Records& records, const Records& expected, uint64_t whole, Random& random) {
  const ScratchFolder scratch;
  const Options options = options_of(scratch);
  size_t mark = 0;
  int killed = 0;
  for (int round = 0; round < kKills; ++round) {
    // Short ones keep the work from being done at once; some hit opening, some the merge.
    const int code = run_child(options, records, random.next() % (whole / 3 + 1));
    CHECK(code == -1 || code == 0);
    killed += code == -1;
    mark = check_progress(options, mark);
  }
  CHECK(killed > 0);
  CHECK_EQ(sort_all(options, records), 0);
  std::unique_ptr<Sorter> sorter;
  CHECK(Sorter::open(options, &sorter).ok());
  CHECK(sorter->has_all_input());
  CHECK(sorter->finish({}).ok());
  CHECK(read_all(*sorter, 24) == expected);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 30;
  Random random(46);
  const Records records = random_records(random, kRecords, 24, KeyKind::kFewDistinct, 1000);
  const Records expected = sorted_dully(records);
  const uint64_t whole = measure_child(records);
  for (size_t i = 0; i < 1 + effort / 20; ++i) test_kills(records, expected, whole, random);
  return check_report("sort crash");
}
