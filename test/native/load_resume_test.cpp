// Killed between two batches, again and again: what is opened anew goes on from
// its mark, and the outcome is that of one undisturbed load.
#include <cstdlib>

#include "check.h"
#include "load_way.h"

using namespace octoload;
using namespace octoload::test;

namespace {

struct Case {
  ScratchFolder scratch;
  load::IngestOptions options = ingest_options(scratch);
  std::vector<LoadFile> source;
  std::unique_ptr<LoadModel> model;

  Case(const TreeShape& shape, Random& random) {
    options.rows.frame = kFrames[random.next() % std::size(kFrames)];
    options.rows.coerce_text = one_in(random, 2);
    if (one_in(random, 3)) options.limit = random.next() % shape.rows;
    TreeMaker maker(options.rows.frame, shape, random);
    source = maker.make();
    model = std::make_unique<LoadModel>(source, options);
  }
  std::string sort_folder(const char* name) const { return options.folder + "/" + name; }
};

TreeShape small_shape(Random& random) {
  TreeShape shape;
  shape.rows = 20 + random.next() % 200;
  shape.files = 1 + random.next() % 3;
  return shape;
}

// What is durable never becomes less.
void check_progress(const load::Ingest& ingest, load::IngestMark* last) {
  CHECK(last->has_rowid == 0 || ingest.mark().covers(last->file, last->rowid));
  CHECK(ingest.mark().rows >= last->rows);
  *last = ingest.mark();
}

// Feeds a few batches, often makes them durable, and is gone.
bool feed_and_die(const Case& load, load::IngestMark* last, Random& random) {
  const auto ingest = open_ingest(load.options);
  if (ingest == nullptr) return false;
  check_progress(*ingest, last);
  const size_t batches = random.next() % 5;
  const bool is_more = feed(*ingest, load.source, *load.model, random, batches);
  if (one_in(random, 2)) CHECK(ingest->spill().ok());
  return is_more;
}

// Feeds and finishes from wherever it stands.
void check_to_the_end(const Case& load, Random& random) {
  const auto ingest = open_ingest(load.options);
  if (ingest == nullptr) return;
  if (!ingest->has_all_input()) {
    CHECK(!feed(*ingest, load.source, *load.model, random, SIZE_MAX));
  }
  check_rest_of_way(*ingest, load.options, *load.model, random);
}

void test_kills(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    const Case load(small_shape(random), random);
    load::IngestMark last;
    for (int kills = 0; kills < 6 && feed_and_die(load, &last, random); ++kills) {
    }
    check_to_the_end(load, random);
  }
}

// The sorts outgrow the memory at different batches, so that each stands
// somewhere else when all are gone.
void test_uneven_spills(Random& random) {
  TreeShape shape;
  shape.rows = 600;
  shape.may_lack_columns = false;
  shape.padding = 9'000;
  shape.id_bytes = 40'000;
  const Case load(shape, random);
  size_t spills = 0, uneven = 0;
  for (int kills = 0; kills < 5; ++kills) {
    const auto ingest = open_ingest(load.options);
    if (ingest == nullptr) return;
    feed(*ingest, load.source, *load.model, random, 10 + random.next() % 15);
    const size_t runs = ingest->rows(load::Order::kNode)->runs().size();
    spills += runs;
    uneven += runs != ingest->keys().runs().size() ? 1 : 0;
  }
  CHECK(spills > 0 && uneven > 0);
  check_to_the_end(load, random);
}

// A sort that stands behind the others has the source read again from there:
// what the others have durable is theirs already, and stays so when everything
// is made durable on the way.
void test_catching_up(Random& random, size_t rounds) {
  constexpr const char* kFolders[] = {"keys", "rows-node", "rows-tile"};
  for (size_t round = 0; round < rounds; ++round) {
    const Case load(small_shape(random), random);
    for (int part = 0; part < 4; ++part) {
      const auto ingest = open_ingest(load.options);
      if (ingest == nullptr) return;
      feed(*ingest, load.source, *load.model, random, 1 + random.next() % 3);
      CHECK(ingest->spill().ok());
    }
    // As if its memory had lasted so long.
    const std::string behind = load.sort_folder(kFolders[random.next() % 3]);
    CHECK(sort::Sorter::discard(behind).ok());
    for (int part = 0; part < 3; ++part) {
      const auto ingest = open_ingest(load.options);
      if (ingest == nullptr) return;
      feed(*ingest, load.source, *load.model, random, 1);
      CHECK(ingest->spill().ok());
    }
    check_to_the_end(load, random);
  }
}

// Between the ends of the sorts: some are finished, one is not.
void test_half_finished(Random& random) {
  for (const char* const unfinished : {"keys", "rows-node", "rows-tile"}) {
    const Case load(small_shape(random), random);
    {
      const auto ingest = open_ingest(load.options);
      if (ingest == nullptr) return;
      feed(*ingest, load.source, *load.model, random, SIZE_MAX);
      CHECK(ingest->finish().ok());
    }
    CHECK(sort::Sorter::discard(load.sort_folder(unfinished)).ok());
    CHECK(!open_ingest(load.options)->has_all_input());
    check_to_the_end(load, random);
  }
}

void finish_ingest(const Case& load, Random& random) {
  const auto ingest = open_ingest(load.options);
  if (ingest == nullptr) return;
  feed(*ingest, load.source, *load.model, random, SIZE_MAX);
  CHECK(ingest->finish().ok());
}

// Gone in the middle of deriving, and with one of its two sorts finished.
void test_derivation(Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    const Case load(small_shape(random), random);
    finish_ingest(load, random);
    const auto ingest = open_ingest(load.options);
    if (ingest == nullptr) return;
    CHECK(ingest->has_all_input());
    check_counts(ingest->mark(), *load.model);
    CHECK(ingest->finish().ok());
    {
      std::unique_ptr<load::Derivation> derivation;
      CHECK(load::Derivation::open(derivation_options(load.options), &derivation).ok());
      bool is_done = false;
      CHECK(derivation->step(ingest->keys(), 1 + random.next() % 50, &is_done).ok());
    }
    derive_all(*ingest, load.options, *load.model, random);
    const char* const unfinished = one_in(random, 2) ? "derived-node" : "derived-tile";
    if (one_in(random, 2)) CHECK(sort::Sorter::discard(load.sort_folder(unfinished)).ok());
    const auto derivation = derive_all(*ingest, load.options, *load.model, random);
    if (derivation == nullptr) return;
    CHECK(derivation->has_all_input());
    check_delivery(*ingest, *derivation, load.options, *load.model, random);
  }
}

void feed_unchecked(load::Ingest& ingest, const LoadFile& file) {
  constexpr size_t kRows = 1000;
  for (size_t at = 0; at < file.rows.size(); at += kRows) {
    const auto rows = std::span(file.rows).subspan(at, std::min(kRows, file.rows.size() - at));
    const Bytes block = make_source_block(rows);
    std::vector<uint8_t> status(rows.size());
    CHECK(ingest.add(parse_source(block), file.facts, status).ok());
  }
}

std::unique_ptr<load::Derivation> derive_unfinished(const load::Ingest& ingest,
                                                    const load::DerivationOptions& options) {
  std::unique_ptr<load::Derivation> derivation;
  CHECK(load::Derivation::open(options, &derivation).ok());
  CHECK(!derivation->has_all_input());
  bool is_done = false;
  while (!is_done && CHECK(derivation->step(ingest.keys(), 500, &is_done).ok())) {
  }
  CHECK(!derivation->derived(load::Order::kNode)->runs().empty());
  return derivation;
}

// The derived sort outgrows its memory and is gone: it begins again.
void test_derived_spills(Random& random) {
  const ScratchFolder scratch;
  load::IngestOptions options = ingest_options(scratch);
  options.orders = {true, false};
  TreeShape shape;
  shape.rows = 40'000;
  shape.is_nasty = false;
  TreeMaker maker(options.rows.frame, shape, random);
  const auto ingest = open_ingest(options);
  if (ingest == nullptr) return;
  for (const LoadFile& file : maker.make()) feed_unchecked(*ingest, file);
  CHECK(ingest->finish().ok());
  load::DerivationOptions small = derivation_options(options);
  small.memory_bytes = 1u << 20;
  derive_unfinished(*ingest, small);
  const auto derivation = derive_unfinished(*ingest, small);
  CHECK(derivation->finish().ok());
  const Records derived = read_all(*derivation->derived(load::Order::kNode), 16);
  CHECK(derived == sorted_dully(derived));
  CHECK_EQ(derived.count(), derivation->counts().rows);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 30;
  Random random(61);
  test_kills(random, 4 + effort);
  test_uneven_spills(random);
  test_catching_up(random, 4 + effort);
  test_half_finished(random);
  test_derivation(random, 3 + effort / 3);
  test_derived_spills(random);
  return check_report("load resume");
}
