// Damaged run files: every byte changed, every length cut, and wrong numbers
// under right checksums. Found, or harmless; never a crash or another record.
#include <cstdlib>
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

struct Outcome {
  Status status;
  Records read;
};

// Opens, finishes and reads; the first failure.
Outcome read_folder(const Options& options) {
  Outcome outcome;
  outcome.read.key_bytes = options.key_bytes;
  std::unique_ptr<Sorter> sorter;
  outcome.status = Sorter::open(options, &sorter);
  if (outcome.status.ok()) outcome.status = sorter->finish({});
  if (outcome.status.ok()) outcome.status = read_range(*sorter, {}, &outcome.read);
  return outcome;
}

bool is_damage(Code code) {
  return code == Code::kTruncated || code == Code::kDamaged || code == Code::kWrongVersion ||
         code == Code::kWrongKeyWidth || code == Code::kWrongIdentity;
}

// What was read before the damage was found is right, and found it is.
void check_damage_is_found(const Options& options, const std::string& path,
                           const Records& expected) {
  const Outcome outcome = read_folder(options);
  CHECK(is_damage(outcome.status.code));
  CHECK(outcome.status.path == path);
  CHECK(outcome.status.offset <= 1u << 20);
  Records before;
  before.key_bytes = expected.key_bytes;
  for (size_t i = 0; i < outcome.read.count(); ++i) before.add_from(expected, i);
  CHECK(outcome.read == before);
  std::unique_ptr<Sorter> sorter;
  CHECK(!Sorter::open(options, &sorter).ok() || is_damage(sorter->verify_runs().code));
}

struct DamageCase {
  ScratchFolder scratch;
  Options options = options_of(scratch);
  std::string path = options.folder + "/run-0000000001-0000000001.sorted";
  Records expected;
  Bytes good;

  explicit DamageCase(Random& random) {
    const Records records = random_records(random, 90, 16, KeyKind::kRandom, 60);
    expected = sorted_dully(records);
    {
      const auto sorter = open_sorter(options);
      CHECK(add_in_batches(*sorter, records, 0, 9).ok());
      CHECK(sorter->finish({}).ok());
      CHECK(sorter->runs().front()->blocks().size() > 2);
    }
    good = read_file(path);
  }
};

void test_every_byte(Random& random) {
  const DamageCase damage(random);
  CHECK(read_folder(damage.options).read == damage.expected);
  for (size_t at = 0; at < damage.good.size(); ++at) {
    Bytes bad = damage.good;
    bad[at] ^= static_cast<uint8_t>(1 + random.next() % 255);
    write_file(damage.path, bad);
    check_damage_is_found(damage.options, damage.path, damage.expected);
  }
  for (size_t size = 0; size < damage.good.size(); ++size) {
    write_file(damage.path,
               Bytes(damage.good.begin(), damage.good.begin() + static_cast<ptrdiff_t>(size)));
    check_damage_is_found(damage.options, damage.path, damage.expected);
  }
  Bytes longer = damage.good;
  longer.push_back(0);
  write_file(damage.path, longer);
  check_damage_is_found(damage.options, damage.path, damage.expected);
}

// Makes every checksum right again that can be found.
void mend_checksums(Bytes& bytes) {
  uint8_t* const data = bytes.data();
  uint8_t* const footer = data + bytes.size() - kFooterBytes;
  store(data + 28, checksum(data, 28));
  const auto tail = load<uint64_t>(footer + 16);
  if (tail < bytes.size() - kFooterBytes) {
    store(footer + 52, checksum(data + tail, bytes.size() - kFooterBytes - tail));
  }
  store(footer + 56, checksum(footer, 56));
  for (size_t at = kHeaderBytes; at + kBlockHeaderBytes < bytes.size();) {
    const auto head = load<BlockHeader>(data + at);
    const uint64_t size = block_bytes_of(head.records, head.payload_bytes, 16);
    if (size > bytes.size() - at) break;
    store(data + at, checksum(data + at + 4, size - 4));
    at += size;
  }
}

// Numbers that contradict each other under right checksums are refused: every
// one that the file holds twice, or that follows from others.
void test_contradictions(Random& random) {
  const DamageCase damage(random);
  const size_t footer = damage.good.size() - kFooterBytes;
  const auto tail = load<uint64_t>(damage.good.data() + footer + 16);
  const size_t mark = footer - load<uint32_t>(damage.good.data() + footer + 44);
  const auto has_twin = [&](size_t at) {
    const bool is_fact = at < 24;  // the target size of a block is of no consequence
    const bool is_block_header = at >= kHeaderBytes + 4 && at < kHeaderBytes + kBlockHeaderBytes;
    const bool is_tail = at >= tail && at < mark;
    const bool is_total = at >= footer && at < footer + 52;
    return is_fact || is_block_header || is_tail || is_total || at >= footer + 60;
  };
  for (size_t at = 0; at < damage.good.size(); ++at) {
    if (!has_twin(at)) continue;
    Bytes bad = damage.good;
    bad[at] ^= 0x40;
    mend_checksums(bad);
    write_file(damage.path, bad);
    CHECK(is_damage(read_folder(damage.options).status.code));
  }
}

// Any byte changed under right checksums: no crash, nothing out of bounds,
// which the sanitizers see.
void test_hostile_bytes(Random& random, size_t rounds) {
  const DamageCase damage(random);
  size_t refused = 0;
  for (size_t round = 0; round < rounds; ++round) {
    Bytes bad = damage.good;
    const size_t from_end = random.next() % 2 == 0 ? kFooterBytes : 250;
    const size_t at = random.next() % 3 == 0 ? random.next() % bad.size()
                                             : bad.size() - 1 - random.next() % from_end;
    bad[at] = static_cast<uint8_t>(random.next() % 3 == 0 ? 0xFF : random.next());
    mend_checksums(bad);
    // A run that says it is not the last one makes the sorter write another.
    std::filesystem::remove_all(damage.options.folder);
    std::filesystem::create_directory(damage.options.folder);
    write_file(damage.path, bad);
    refused += !read_folder(damage.options).status.ok();
  }
  CHECK(refused > rounds / 3 && refused < rounds);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 30;
  Random random(47);
  test_every_byte(random);
  test_contradictions(random);
  test_hostile_bytes(random, 40 * effort);
  return check_report("sort damage");
}
