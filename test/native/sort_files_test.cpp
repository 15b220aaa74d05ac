// The sorter's folder: runs taken up again, another sort's refused, what a
// crash left removed, disks that refuse to write.
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "../../native/sort/run_layout.h"
#include "../../native/sort/sorter.h"
#include "check.h"
#include "random.h"
#include "sort_folder.h"
#include "sort_records.h"

using namespace octoload;
using namespace octoload::sort;
using namespace octoload::test;

namespace {

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Code code_of_opening(const Options& options) {
  std::unique_ptr<Sorter> sorter;
  const Status status = Sorter::open(options, &sorter);
  CHECK(status.ok() || (!status.path.empty() && sorter == nullptr));
  return status.code;
}

// A run a call: [begin, end) and whatever waits.
void spill_records(const Options& options, const Records& records, size_t begin, size_t end) {
  const auto sorter = open_sorter(options);
  CHECK(add_records(*sorter, records, begin, end).ok());
  CHECK(sorter->spill().ok());
}

void test_taking_up(Random& random) {
  const ScratchFolder scratch;
  const Options options = options_of(scratch);
  const Records records = random_records(random, 900, 16, KeyKind::kFewDistinct, 50);
  for (size_t begin = 0; begin < 900; begin += 300) {
    CHECK_EQ(durable_mark(*open_sorter(options)), begin);
    spill_records(options, records, begin, begin + 300);
  }
  {
    const auto sorter = open_sorter(options);
    CHECK_EQ(sorter->runs().size(), 3u);
    CHECK(!sorter->has_all_input());
    CHECK_EQ(durable_mark(*sorter), 900u);
    CHECK(sorter->finish({}).ok());
  }
  const auto sorter = open_sorter(options);
  CHECK(sorter->has_all_input());
  CHECK(add_records(*sorter, records, 0, 1).code == Code::kBadState);
  CHECK(sorter->finish({}).ok());
  CHECK(read_all(*sorter, 16) == sorted_dully(records));
}

void test_refused_folders(Random& random) {
  const ScratchFolder scratch;
  const Options options = options_of(scratch);
  const Records records = random_records(random, 90, 16, KeyKind::kRandom, 50);
  for (size_t begin = 0; begin < 90; begin += 30) {
    spill_records(options, records, begin, begin + 30);
  }
  Options other = options;
  other.identity += "!";
  CHECK(code_of_opening(other) == Code::kWrongIdentity);
  other = options;
  other.key_bytes = 24;
  CHECK(code_of_opening(other) == Code::kWrongKeyWidth);

  const std::string first = options.folder + "/run-0000000001-0000000001.sorted";
  const Bytes good = read_file(first);
  Bytes newer = good;
  newer[8] = 2;
  store(newer.data() + 28, checksum(newer.data(), 28));
  write_file(first, newer);
  CHECK(code_of_opening(options) == Code::kWrongVersion);

  std::filesystem::remove(first);
  CHECK(code_of_opening(options) == Code::kMissingRun);
  write_file(first, read_file(options.folder + "/run-0000000002-0000000002.sorted"));
  CHECK(code_of_opening(options) == Code::kDamaged);
  std::filesystem::remove(first);
  std::filesystem::create_symlink("/dev/zero", first);
  CHECK(code_of_opening(options) == Code::kOpenFailed);
  std::filesystem::remove(first);
  write_file(first, good);

  const auto sorter = open_sorter(options);
  CHECK(code_of_opening(options) == Code::kInUse);
  CHECK(Sorter::discard(options.folder).code == Code::kInUse);
  CHECK(sorter->finish({}).ok());
  CHECK(read_all(*sorter, 16) == sorted_dully(records));
}

void test_leftovers(Random& random) {
  const ScratchFolder scratch;
  const Options options = options_of(scratch);
  const Records records = random_records(random, 90, 16, KeyKind::kRandom, 50);
  for (size_t begin = 0; begin < 90; begin += 30) {
    spill_records(options, records, begin, begin + 30);
  }
  const std::string first = options.folder + "/run-0000000001-0000000001.sorted";
  const Bytes old = read_file(first);
  {
    Options tight = options;  // so that all runs are merged into one
    tight.block_bytes = kMaxBlockBytes / 32;
    CHECK(open_sorter(tight)->finish({true, 1000000}).ok());
  }
  CHECK(names_in(options.folder) == std::vector<std::string>{"run-0000000001-0000000004.sorted"});
  // As after a crash before the merged runs were removed, and in a spill.
  write_file(first, old);
  write_file(options.folder + "/run-0000000005-0000000005.tmp", Bytes(100, 7));
  write_file(options.folder + "/notes.tmp", Bytes(3, 7));
  const auto sorter = open_sorter(options);
  CHECK((names_in(options.folder) ==
         std::vector<std::string>{"notes.tmp", "run-0000000001-0000000004.sorted"}));
  CHECK(sorter->finish({}).ok());
  CHECK(read_all(*sorter, 16) == sorted_dully(records));
}

void test_discarding(Random& random) {
  const ScratchFolder scratch;
  Options options = options_of(scratch);
  const Records records = random_records(random, 60, 16, KeyKind::kRandom, 50);
  spill_records(options, records, 0, 30);
  spill_records(options, records, 30, 60);
  CHECK(Sorter::discard(options.folder).ok());
  CHECK(names_in(options.folder).empty());
  options.identity = "another";
  CHECK_EQ(open_sorter(options)->record_count(), 0u);
}

void set_file_size_limit(rlim_t bytes) {
  rlimit limit;
  CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
  limit.rlim_cur = std::min(bytes, limit.rlim_max);
  CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

// A file that may not grow on stands for a full disk: write() fails half-way.
// Large blocks are written past the system's cache.
void test_refused_writes(Random& random, uint32_t block_bytes) {
  std::signal(SIGXFSZ, SIG_IGN);
  const ScratchFolder scratch;
  Options options = options_of(scratch);
  options.block_bytes = block_bytes;
  const Records records = random_records(random, 20000, 16, KeyKind::kFewDistinct, 200);
  auto sorter = open_sorter(options);
  size_t added = 0;
  const auto add_some = [&](size_t limit) {
    Status status;
    while (status.ok() && added < limit) {
      status = add_records(*sorter, records, added, added + 100);
      if (status.ok()) added += 100;
    }
    return status;
  };
  CHECK(add_some(9000).ok());
  const size_t durable = durable_mark(*sorter);
  CHECK(durable > 0 && durable < 9000);
  for (const rlim_t bytes : {0, 20, 5000, 100000}) {
    set_file_size_limit(bytes);
    const Status status = add_some(SIZE_MAX);
    CHECK(status.code == Code::kWriteFailed && status.error == EFBIG);
    CHECK(status.path == options.folder + "/run-0000000002-0000000002.tmp" ||
          status.path.ends_with(".tmp"));
    CHECK(status.offset <= bytes);
    CHECK_EQ(durable_mark(*sorter), durable);
    CHECK_EQ(names_in(options.folder).size(), sorter->runs().size());
  }
  set_file_size_limit(RLIM_INFINITY);
  sorter.reset();  // what had not been spilled is lost, and nothing else
  sorter = open_sorter(options);
  added = durable_mark(*sorter);
  CHECK_EQ(added, durable);
  CHECK(add_some(15000).ok());
  set_file_size_limit(1000);
  CHECK(sorter->spill().code == Code::kWriteFailed);
  CHECK(sorter->finish({}).code == Code::kWriteFailed);
  set_file_size_limit(RLIM_INFINITY);
  CHECK(add_some(20000).ok());  // after a failed spill: the same records, still there
  CHECK(sorter->finish({true, 1}).ok());
  CHECK(read_all(*sorter, 16) == sorted_dully(records));
}

}  // namespace

int main() {
  Random random(45);
  test_taking_up(random);
  test_refused_folders(random);
  test_leftovers(random);
  test_discarding(random);
  test_refused_writes(random, kMinBlockBytes);
  test_refused_writes(random, kMinDirectBlockBytes);
  return check_report("sort files");
}
