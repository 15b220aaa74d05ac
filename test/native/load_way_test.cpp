// Random small trees through the whole loader with little memory: every row
// that should, and no other, comes out once, in each sink's order, with what
// was derived for its cell; its envelope is the row again.
#include <cstdlib>

#include "check.h"
#include "load_way.h"

using namespace octoload;
using namespace octoload::test;

namespace {

void check_way(const load::IngestOptions& options, const TreeShape& shape, Random& random) {
  TreeMaker maker(options.rows.frame, shape, random);
  const std::vector<LoadFile> source = maker.make();
  const LoadModel model(source, options);
  const auto ingest = open_ingest(options);
  if (ingest == nullptr) return;
  CHECK(!ingest->has_all_input());
  CHECK(!feed(*ingest, source, model, random, SIZE_MAX));
  check_rest_of_way(*ingest, options, model, random);
}

load::IngestOptions random_options(const ScratchFolder& scratch, Random& random) {
  load::IngestOptions options = ingest_options(scratch);
  options.rows.frame = kFrames[random.next() % std::size(kFrames)];
  options.rows.coerce_text = one_in(random, 2);
  if (one_in(random, 3)) options.rows.min_level = static_cast<uint8_t>(random.next() % 9);
  if (one_in(random, 3)) options.rows.max_level = static_cast<uint8_t>(random.next() % 27);
  if (one_in(random, 4)) options.limit = random.next() % 200;
  const uint64_t orders = 1 + random.next() % 15;
  for (const load::Order order : kEveryOrder) {
    const auto bit = static_cast<size_t>(order);
    options.orders[bit] = (orders >> bit & 1) != 0;
  }
  options.memory_bytes = 10u << 20;
  return options;
}

// Rows named by what they are called and by where they lie, some by neither.
void test_named_rows(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    const ScratchFolder scratch;
    load::IngestOptions options = random_options(scratch, random);
    TreeMaker maker(options.rows.frame, {}, random);
    const std::vector<LoadFile> source = maker.make();
    Named named;
    const Judge judge(options.rows);
    for (const LoadFile& file : source) {
      for (const LoadRow& row : file.rows) {
        const Judged judged = judge.judge(row);
        if (one_in(random, 20)) named.rows.push_back({file.facts.number, row.rowid});
        if (judged.has_key && one_in(random, 100)) {
          named.cells.push_back({judged.level, judged.code});
        }
      }
    }
    options.selection = named.selection();
    const LoadModel model(source, options, &named);
    const auto ingest = open_ingest(options);
    if (ingest == nullptr) return;
    CHECK(!feed(*ingest, source, model, random, SIZE_MAX));
    check_rest_of_way(*ingest, options, model, random);
  }
}

void test_small_trees(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    const ScratchFolder scratch;
    TreeShape shape;
    shape.rows = 1 + random.next() % 300;
    shape.files = 1 + random.next() % 3;
    check_way(random_options(scratch, random), shape, random);
  }
}

// Who only wants counts names no order: they are the same, and nothing is sorted.
void test_counts_alone(Random& random) {
  const ScratchFolder scratch;
  load::IngestOptions options = ingest_options(scratch);
  TreeShape shape;
  shape.rows = 500;
  TreeMaker maker(options.rows.frame, shape, random);
  const std::vector<LoadFile> source = maker.make();
  const LoadModel model(source, options);
  const auto ingest = open_ingest(options);
  if (ingest == nullptr) return;
  CHECK(!feed(*ingest, source, model, random, SIZE_MAX));
  CHECK(ingest->finish().ok());
  load::DerivationOptions counting = derivation_options(options);
  counting.orders = {};
  std::unique_ptr<load::Derivation> derivation;
  CHECK(load::Derivation::open(counting, &derivation).ok());
  CHECK(!derivation->has_all_input());
  for (bool is_done = false; !is_done;) {
    if (!CHECK(derivation->step(ingest->keys(), 100, &is_done).ok())) return;
  }
  CHECK(derivation->finish().ok());
  CHECK_EQ(derivation->counts().rows, model.cells());
  CHECK_EQ(derivation->counts().orphans, model.orphans());
  CHECK_EQ(derivation->counts().collisions, model.collisions().size());
  CHECK(!derivation->has_all_input());
  for (size_t order = 0; order < load::kOrders; ++order) {
    CHECK(derivation->derived(static_cast<load::Order>(order)) == nullptr);
  }
}

// Rows and keys both outgrow the memory several times.
void test_spills(Random& random) {
  const ScratchFolder scratch;
  load::IngestOptions options = ingest_options(scratch);
  options.rows.coerce_text = true;
  TreeShape shape;
  shape.rows = 600;
  shape.may_lack_columns = false;
  shape.padding = 10'000;
  shape.id_bytes = 60'000;
  TreeMaker maker(options.rows.frame, shape, random);
  const std::vector<LoadFile> source = maker.make();
  const LoadModel model(source, options);
  const auto ingest = open_ingest(options);
  if (ingest == nullptr) return;
  CHECK(!feed(*ingest, source, model, random, SIZE_MAX));
  CHECK(ingest->keys().runs().size() > 1);
  for (const load::Order order : kPlainOrders) CHECK(ingest->rows(order)->runs().size() > 1);
  check_rest_of_way(*ingest, options, model, random);
}

void test_no_rows(Random& random) {
  const ScratchFolder scratch;
  const load::IngestOptions options = ingest_options(scratch);
  const LoadModel model({}, options);
  const auto ingest = open_ingest(options);
  if (ingest == nullptr) return;
  const Bytes block = make_source_block({});
  CHECK(ingest->add(parse_source(block), {}, {}).ok());
  check_rest_of_way(*ingest, options, model, random);
}

void test_refusals() {
  const ScratchFolder scratch;
  load::IngestOptions options = ingest_options(scratch);
  options.orders = {};
  std::unique_ptr<load::Ingest> ingest;
  CHECK(load::Ingest::open(options, &ingest).code == sort::Code::kBadArgument);
  options.orders = {true, false};
  ingest = open_ingest(options);
  LoadRow row;
  for (TestValue& value : row.values) value = TestValue::null();
  const Bytes block = make_source_block({&row, 1});
  CHECK(ingest->add(parse_source(block), {}, {}).code == sort::Code::kBadArgument);
  CHECK(ingest->rows(load::Order::kTile) == nullptr);
}

// Another source's sorts are not taken for this one's.
void test_identity() {
  const ScratchFolder scratch;
  load::IngestOptions options = ingest_options(scratch);
  CHECK(open_ingest(options)->finish().ok());
  options.identity += " that changed";
  std::unique_ptr<load::Ingest> ingest;
  CHECK(load::Ingest::open(options, &ingest).code == sort::Code::kWrongIdentity);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 30;
  Random random(60);
  test_small_trees(random, 4 + effort);
  test_named_rows(random, 2 + effort / 5);
  test_spills(random);
  test_no_rows(random);
  test_counts_alone(random);
  test_refusals();
  test_identity();
  return check_report("load way");
}
