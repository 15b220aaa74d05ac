// A byte of a spill file that changed between two processes: the load says so,
// or the byte was of no consequence. No wrong row ever comes out.
#include <cstdlib>

#include "check.h"
#include "load_way.h"

using namespace octoload;
using namespace octoload::test;

namespace {

enum class Stage { kFed, kIngested, kDerived };

// Takes a load as far as `stage`, making durable what there is.
void load_until(Stage stage, const load::IngestOptions& options,
                const std::vector<LoadFile>& source, const LoadModel& model, Random& random) {
  const auto ingest = open_ingest(options);
  if (ingest == nullptr) return;
  if (stage == Stage::kFed) {
    feed(*ingest, source, model, random, 3);
    CHECK(ingest->spill().ok());
    return;
  }
  feed(*ingest, source, model, random, SIZE_MAX);
  CHECK(ingest->finish().ok());
  if (stage == Stage::kDerived) derive_all(*ingest, options, model, random);
}

std::vector<std::string> run_files(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".sorted") {
      paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

void damage_a_byte(const std::string& folder, Random& random) {
  const std::vector<std::string> paths = run_files(folder);
  if (!CHECK(!paths.empty())) return;
  const std::string& path = paths[random.next() % paths.size()];
  Bytes bytes = read_file(path);
  bytes[random.next() % bytes.size()] ^= static_cast<uint8_t>(1 + random.next() % 255);
  write_file(path, bytes);
}

// The rest of the way, each step checked only as far as it succeeds.
bool derive_if_possible(const load::Ingest& ingest, const load::IngestOptions& options,
                        std::unique_ptr<load::Derivation>* derivation) {
  if (!load::Derivation::open(derivation_options(options), derivation).ok()) return false;
  bool is_done = (*derivation)->has_all_input();
  while (!is_done) {
    if (!(*derivation)->step(ingest.keys(), 50, &is_done).ok()) return false;
  }
  return (*derivation)->finish().ok();
}

bool load_the_rest(const load::IngestOptions& options, const std::vector<LoadFile>& source,
                   const LoadModel& model, Random& random) {
  std::unique_ptr<load::Ingest> ingest;
  if (!load::Ingest::open(options, &ingest).ok()) return false;
  if (!ingest->has_all_input()) feed(*ingest, source, model, random, SIZE_MAX);
  std::unique_ptr<load::Derivation> derivation;
  if (!ingest->finish().ok()) return false;
  if (!derive_if_possible(*ingest, options, &derivation)) return false;
  for (const load::Order order : kPlainOrders) {
    const std::vector<ExpectedRow> expected = model.in_order(order);
    Delivering how;
    how.max_rows = 20;
    size_t delivered = 0;
    const sort::Status status =
        deliver(*ingest->rows(order), *derivation->derived(order), {order, {}}, options.rows.frame,
                expected, &how, &delivered);
    if (!status.ok()) return false;
    CHECK_EQ(delivered, expected.size());
  }
  return true;
}

void test_damage(Stage stage, Random& random, size_t rounds) {
  const ScratchFolder scratch;
  load::IngestOptions options = ingest_options(scratch);
  TreeShape shape;
  shape.rows = 120;
  TreeMaker maker(options.rows.frame, shape, random);
  const std::vector<LoadFile> source = maker.make();
  const LoadModel model(source, options);
  options.folder = scratch.path("good");
  std::filesystem::create_directory(options.folder);
  load_until(stage, options, source, model, random);
  size_t found = 0;
  options.folder = scratch.path("bad");
  for (size_t round = 0; round < rounds; ++round) {
    std::filesystem::remove_all(options.folder);
    std::filesystem::copy(scratch.path("good"), options.folder,
                          std::filesystem::copy_options::recursive);
    damage_a_byte(options.folder, random);
    found += load_the_rest(options, source, model, random) ? 0 : 1;
  }
  // Once all is derived the keys are not read again, but their ends are.
  CHECK(stage == Stage::kDerived ? found >= rounds / 4 : found == rounds);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 30;
  Random random(63);
  for (const Stage stage : {Stage::kFed, Stage::kIngested, Stage::kDerived}) {
    test_damage(stage, random, 6 + effort);
  }
  return check_report("load damage");
}
