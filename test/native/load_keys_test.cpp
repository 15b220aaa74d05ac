// The cells of a source in each order: every key that a row had, also where the
// row was rejected, and once where several had it.
#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "../../native/load/key_reader.h"
#include "check.h"
#include "load_way.h"

using namespace octoload;
using namespace octoload::test;

namespace {

// A key with its token, comparable in an order.
struct Cell {
  int64_t token;
  envelope::RowKey key;
};

Cell cell_of(load::Order order, const envelope::RowKey& key) {
  return {load::has_token(order) ? token_oracle(order, key) : 0, key};
}

bool is_before(load::Order order, const Cell& a, const Cell& b) {
  const bool is_node = order == load::Order::kNode || order == load::Order::kNodeToken;
  const auto rank = [is_node](const Cell& cell) {
    const auto& [tile, number, level] = cell.key;
    return std::tuple(cell.token, is_node ? 0 : level, tile, number, level);
  };
  return rank(a) < rank(b);
}

std::vector<Cell> expected_cells(const LoadModel& model, load::Order order) {
  std::vector<Cell> cells;
  for (const envelope::RowKey& key : model.cell_keys()) cells.push_back(cell_of(order, key));
  std::sort(cells.begin(), cells.end(),
            [order](const Cell& a, const Cell& b) { return is_before(order, a, b); });
  return cells;
}

void check_read(const sort::Sorter& derived, load::Order order, const sort::Range& range,
                std::span<const Cell> expected, size_t room) {
  std::unique_ptr<load::KeyReader> reader;
  if (!CHECK(load::KeyReader::open(derived, order, range, &reader).ok())) return;
  size_t read = 0;
  for (size_t count = 1; count != 0; read += count) {
    // Fresh each time: a sanitizer sees what is written beyond them.
    std::vector<int64_t> tokens(room, 77);
    std::vector<uint64_t> tiles(room);
    std::vector<uint16_t> cells(room);
    std::vector<uint8_t> levels(room);
    if (!CHECK(reader->next({tokens, tiles, cells, levels}, &count).ok())) return;
    if (!CHECK(count <= room && count <= expected.size() - read)) return;
    for (size_t i = 0; i < count; ++i) {
      const Cell& cell = expected[read + i];
      CHECK_EQ(tiles[i], cell.key.tile);
      CHECK_EQ(cells[i], cell.key.cell);
      CHECK_EQ(levels[i], cell.key.level);
      CHECK_EQ(tokens[i], load::has_token(order) ? cell.token : int64_t{77});
    }
  }
  CHECK_EQ(read, expected.size());
}

sort::Key packed(load::Order order, const Cell& cell) {
  sort::Key key = {};
  load::pack_order_key(order, cell.key, key.data());
  return key;
}

void test_source(Random& random) {
  ScratchFolder scratch;
  load::IngestOptions options = ingest_options(scratch);
  options.orders.fill(true);
  options.memory_bytes = 10u << 20;
  TreeShape shape;
  shape.rows = 200;
  const std::vector<LoadFile> source = TreeMaker(options.rows.frame, shape, random).make();
  const LoadModel model(source, options);
  const auto ingest = open_ingest(options);
  feed(*ingest, source, model, random, SIZE_MAX);
  CHECK(ingest->finish().ok());
  const auto derivation = derive_all(*ingest, options, model, random);
  if (derivation == nullptr) return;
  for (const load::Order order : kEveryOrder) {
    const std::vector<Cell> expected = expected_cells(model, order);
    const sort::Sorter& derived = *derivation->derived(order);
    check_read(derived, order, {}, expected, 1 + random.next() % 300);
    const size_t begin = random.next() % expected.size();
    const size_t end = begin + random.next() % (expected.size() - begin);
    const sort::Range range = {packed(order, expected[begin]), packed(order, expected[end]), 0};
    check_read(derived, order, range, std::span(expected).subspan(begin, end - begin), 7);
  }
}

void test_refusals(Random& random) {
  ScratchFolder scratch;
  const load::IngestOptions options = ingest_options(scratch);
  std::unique_ptr<load::Derivation> nothing;
  CHECK(load::Derivation::open(derivation_options(options), &nothing).ok());
  CHECK(nothing->finish().ok());
  const sort::Sorter& empty = *nothing->derived(load::Order::kNode);
  std::unique_ptr<load::KeyReader> reader;
  CHECK(load::KeyReader::open(empty, load::Order::kSource, {}, &reader).code ==
        sort::Code::kBadArgument);
  check_read(empty, load::Order::kNode, {}, {}, 1 + random.next() % 5);
  CHECK(load::KeyReader::open(empty, load::Order::kNode, {}, &reader).ok());
  size_t count = 0;
  CHECK(reader->next({}, &count).code == sort::Code::kBadArgument);
}

// Records that are none of derived columns are damage.
void test_other_records(Random& random) {
  ScratchFolder scratch;
  const load::IngestOptions options = ingest_options(scratch);
  TreeShape shape;
  shape.rows = 40;
  const std::vector<LoadFile> source = TreeMaker(options.rows.frame, shape, random).make();
  const LoadModel model(source, options);
  const auto ingest = open_ingest(options);
  feed(*ingest, source, model, random, SIZE_MAX);
  CHECK(ingest->finish().ok());
  std::unique_ptr<load::KeyReader> reader;
  const sort::Sorter& rows = *ingest->rows(load::Order::kNode);
  CHECK(load::KeyReader::open(rows, load::Order::kNode, {}, &reader).ok());
  std::vector<uint64_t> tiles(9);
  std::vector<uint16_t> cells(9);
  std::vector<uint8_t> levels(9);
  size_t count = 0;
  CHECK(reader->next({{}, tiles, cells, levels}, &count).code == sort::Code::kDamaged);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 30;
  Random random(63);
  for (size_t round = 0; round < 2 + effort / 10; ++round) test_source(random);
  test_refusals(random);
  test_other_records(random);
  return check_report("load keys");
}
