// Delivery goes on from any position, in shards and in ranges, through blocks
// of any size.
#include <cstdlib>

#include "check.h"
#include "load_way.h"

using namespace octoload;
using namespace octoload::test;

namespace {

// A finished load.
struct Loaded {
  ScratchFolder scratch;
  load::IngestOptions options = ingest_options(scratch);
  std::unique_ptr<load::Ingest> ingest;
  std::unique_ptr<load::Derivation> derivation;
  std::vector<LoadFile> source;
  std::unique_ptr<LoadModel> model;

  Loaded(const TreeShape& shape, Random& random) {
    options.orders.fill(true);
    options.memory_bytes = 10u << 20;
    TreeMaker maker(options.rows.frame, shape, random);
    source = maker.make();
    model = std::make_unique<LoadModel>(source, options);
    ingest = open_ingest(options);
    feed(*ingest, source, *model, random, SIZE_MAX);
    CHECK(ingest->finish().ok());
    derivation = derive_all(*ingest, options, *model, random);
  }

  sort::Status deliver_range(load::Order order, const sort::Range& range,
                             std::span<const ExpectedRow> expected, Delivering* how,
                             size_t* delivered) const {
    return deliver(*ingest->rows(order), *derivation->derived(order), {order, range},
                   options.rows.frame, expected, how, delivered);
  }
};

Loaded make_loaded(Random& random, size_t rows) {
  TreeShape shape;
  shape.rows = rows;
  return Loaded(shape, random);
}

// A delivery that went on tells the same positions as the one that did not stop.
void check_ends_with(std::span<const sort::Position> whole, std::span<const sort::Position> rest) {
  if (!CHECK(!rest.empty() && rest.size() <= whole.size())) return;
  const auto end = whole.last(rest.size());
  for (size_t i = 0; i < rest.size(); ++i) {
    CHECK(rest[i].key == end[i].key);
    CHECK_EQ(rest[i].equal_keys, end[i].equal_keys);
  }
}

// From where every block ended the rest follows, exactly.
void test_positions(Random& random) {
  const Loaded loaded = make_loaded(random, 150);
  for (const load::Order order : kEveryOrder) {
    const std::vector<ExpectedRow> expected = loaded.model->in_order(order);
    Delivering whole;
    whole.max_rows = 1;  // so that one ends between the rows of a collision too
    size_t delivered = 0;
    CHECK(loaded.deliver_range(order, {}, expected, &whole, &delivered).ok());
    CHECK_EQ(delivered, expected.size());
    CHECK(whole.positions.size() > expected.size() + 10);
    for (size_t i = 0; i < whole.positions.size(); ++i) {
      Delivering rest;
      rest.max_rows = one_in(random, 2) ? 1 : 1 + random.next() % 100;
      const auto range = sort::Range::after(whole.positions[i]);
      const auto left = std::span(expected).subspan(whole.delivered[i]);
      CHECK(loaded.deliver_range(order, range, left, &rest, &delivered).ok());
      CHECK_EQ(delivered, left.size());
      if (rest.max_rows == 1) check_ends_with(whole.positions, rest.positions);
    }
  }
}

// A position before any row, from which nothing was read, is the beginning.
void test_first_position(Random& random) {
  const Loaded loaded = make_loaded(random, 40);
  std::unique_ptr<load::Delivery> delivery;
  CHECK(load::Delivery::open(*loaded.ingest->rows(load::Order::kNode),
                             *loaded.derivation->derived(load::Order::kNode), {}, &delivery)
            .ok());
  const std::vector<ExpectedRow> expected = loaded.model->in_order(load::Order::kNode);
  Delivering how;
  size_t delivered = 0;
  CHECK(loaded
            .deliver_range(load::Order::kNode, sort::Range::after(delivery->position()), expected,
                           &how, &delivered)
            .ok());
  CHECK_EQ(delivered, expected.size());
}

// The end comes again and again, though it gave all memory back.
void test_end(Random& random) {
  const Loaded loaded = make_loaded(random, 40);
  std::unique_ptr<load::Delivery> delivery;
  CHECK(load::Delivery::open(*loaded.ingest->rows(load::Order::kNode),
                             *loaded.derivation->derived(load::Order::kNode), {}, &delivery)
            .ok());
  Bytes block(1u << 20);
  load::Delivery::Chunk chunk;
  size_t rows = 0;
  while (CHECK(delivery->next(7, block, &chunk).ok()) && !chunk.is_end) rows += chunk.rows;
  CHECK_EQ(rows, loaded.model->in_order(load::Order::kNode).size());
  const sort::Position end = delivery->position();
  for (int again = 0; again < 3; ++again) {
    CHECK(delivery->next(1 + random.next() % 100, block, &chunk).ok());
    CHECK(chunk.is_end);
    CHECK_EQ(chunk.rows, 0u);
    CHECK(delivery->position().key == end.key);
    CHECK_EQ(delivery->position().equal_keys, end.equal_keys);
  }
}

sort::Key order_key(load::Order order, const ExpectedRow& row) {
  sort::Key key = {};
  load::pack_order_key(order, row.key, key.data());
  return key;
}

// Shards begin at ranks of the derived cells; together they are everything.
void test_shards(Random& random) {
  const Loaded loaded = make_loaded(random, 250);
  for (const load::Order order : kEveryOrder) {
    const std::vector<ExpectedRow> expected = loaded.model->in_order(order);
    const sort::Sorter& derived = *loaded.derivation->derived(order);
    const size_t shards = 1 + random.next() % 6;
    std::optional<sort::Key> begin;
    size_t total = 0;
    for (size_t shard = 0; shard < shards; ++shard) {
      sort::Key next = {};
      bool is_found = false;
      const uint64_t rank = loaded.model->cells() * (shard + 1) / shards;
      CHECK(load::find_key_at(derived, order, rank, &next, &is_found).ok());
      CHECK_EQ(is_found, shard + 1 < shards);
      const std::optional<sort::Key> end = is_found ? std::optional(next) : std::nullopt;
      const auto is_below = [&](const ExpectedRow& row) {
        return !end || order_key(order, row) < *end;
      };
      const auto left = std::span(expected).subspan(total);
      const auto count = static_cast<size_t>(std::count_if(left.begin(), left.end(), is_below));
      Delivering how;
      size_t delivered = 0;
      CHECK(loaded.deliver_range(order, {begin, end, 0}, left.first(count), &how, &delivered).ok());
      CHECK_EQ(delivered, count);
      total += count;
      begin = end;
    }
    CHECK_EQ(total, expected.size());
  }
}

// Every rank names its cell: the derived records one by one say which.
void test_ranks(Random& random) {
  const Loaded loaded = make_loaded(random, 60);
  for (const load::Order order : kEveryOrder) {
    const sort::Sorter& derived = *loaded.derivation->derived(order);
    const size_t key_bytes = load::order_key_bytes(order);
    const Records records = read_all(derived, key_bytes);
    CHECK_EQ(records.count(), loaded.model->cells());
    for (size_t rank = 0; rank <= records.count() + 1; ++rank) {
      sort::Key key = {};
      bool is_found = false;
      CHECK(load::find_key_at(derived, order, rank, &key, &is_found).ok());
      if (!CHECK_EQ(is_found, rank < records.count()) || !is_found) continue;
      CHECK(std::equal(key.begin(), key.begin() + key_bytes, records.key(rank)));
    }
  }
}

// Blocks that hold no row, one row or a few: the size that suffices is told,
// and no row is lost over it. Here is an envelope of more than a MiB.
void test_small_blocks(Random& random) {
  TreeShape shape;
  shape.rows = 60;
  shape.padding = 3'000;
  TreeMaker maker(kFrames[0], shape, random);
  ScratchFolder scratch;
  load::IngestOptions options = ingest_options(scratch);
  options.memory_bytes = 32u << 20;
  std::vector<LoadFile> source = maker.make();
  source[0].facts.absent = 0;
  for (LoadRow& row : source[0].rows) {
    if (row.rowid % 4 != 0) continue;
    TestValue& metadata = row.values[batch::kMetadataColumn];
    metadata = {envelope::kBlob, 0, Bytes((1u << 20) + random.next() % 1000)};
    for (uint8_t& byte : metadata.bytes) byte = static_cast<uint8_t>(random.next());
    break;
  }
  const LoadModel model(source, options);
  const auto ingest = open_ingest(options);
  feed(*ingest, source, model, random, SIZE_MAX);
  CHECK(ingest->finish().ok());
  const auto derivation = derive_all(*ingest, options, model, random);
  for (const size_t block_bytes : {0, 1, 24, 200, 1000, 3000, 10'000, 100'000}) {
    for (const size_t max_rows : {1, 7, 500}) {
      const load::Order order = kPlainOrders[random.next() % 2];
      const std::vector<ExpectedRow> expected = model.in_order(order);
      Delivering how;
      how.max_rows = max_rows;
      how.block_bytes = block_bytes;
      size_t delivered = 0;
      CHECK(deliver(*ingest->rows(order), *derivation->derived(order), {order, {}},
                    options.rows.frame, expected, &how, &delivered)
                .ok());
      CHECK_EQ(delivered, expected.size());
    }
  }
}

// A cursor of a load into a ring begins at a token, and ends before another one.
void test_token_ranges(Random& random) {
  const Loaded loaded = make_loaded(random, 250);
  for (const load::Order order : {load::Order::kNodeToken, load::Order::kTileToken}) {
    const std::vector<ExpectedRow> expected = loaded.model->in_order(order);
    const auto token = [&](const ExpectedRow& row) { return token_oracle(order, row.key); };
    std::vector<int64_t> cuts = {INT64_MIN + 1, -1, 0, INT64_MAX};
    for (int i = 0; i < 3; ++i) cuts.push_back(token(expected[random.next() % expected.size()]));
    std::sort(cuts.begin(), cuts.end());
    for (size_t i = 0; i + 1 < cuts.size(); ++i) {
      const auto begin = std::find_if(expected.begin(), expected.end(),
                                      [&](const auto& row) { return token(row) >= cuts[i]; });
      const auto end = std::find_if(begin, expected.end(),
                                    [&](const auto& row) { return token(row) >= cuts[i + 1]; });
      const sort::Range range = {sort::pack_key(sort::order_signed(cuts[i])),
                                 sort::pack_key(sort::order_signed(cuts[i + 1])), 0};
      Delivering how;
      size_t delivered = 0;
      CHECK(loaded.deliver_range(order, range, std::span(begin, end), &how, &delivered).ok());
      CHECK_EQ(delivered, static_cast<size_t>(end - begin));
    }
  }
}

void test_refusals(Random& random) {
  const Loaded loaded = make_loaded(random, 20);
  const sort::Sorter& rows = *loaded.ingest->rows(load::Order::kNode);
  const sort::Sorter& derived = *loaded.derivation->derived(load::Order::kNode);
  std::unique_ptr<load::Delivery> delivery;
  CHECK(load::Delivery::open(rows, derived, {}, &delivery).ok());
  Bytes block(1u << 16);
  load::Delivery::Chunk chunk;
  CHECK(delivery->next(0, block, &chunk).code == sort::Code::kBadArgument);
  CHECK(delivery->next(SIZE_MAX, block, &chunk).code == sort::Code::kBadArgument);
  // Rows whose cells were never derived are not passed over.
  const ScratchFolder other;
  load::DerivationOptions empty = derivation_options(loaded.options);
  empty.folder = other.path("");
  std::unique_ptr<load::Derivation> nothing;
  CHECK(load::Derivation::open(empty, &nothing).ok());
  CHECK(nothing->finish().ok());
  CHECK(load::Delivery::open(rows, *nothing->derived(load::Order::kNode), {}, &delivery).ok());
  CHECK(delivery->next(10, block, &chunk).code == sort::Code::kDamaged);
  // What is no derived record is damage, not a block that should be larger.
  CHECK(load::Delivery::open(rows, rows, {}, &delivery).ok());
  CHECK(delivery->next(10, block, &chunk).code == sort::Code::kDamaged);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 30;
  Random random(62);
  test_positions(random);
  test_first_position(random);
  test_end(random);
  for (size_t round = 0; round < 3 + effort / 10; ++round) test_shards(random);
  test_ranks(random);
  test_token_ranges(random);
  test_small_blocks(random);
  test_refusals(random);
  return check_report("load delivery");
}
