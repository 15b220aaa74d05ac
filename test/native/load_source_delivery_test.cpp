// A source read a second time gives the rows in its own order, with the columns
// that were derived for them, and goes on from behind any batch.
#include "../../native/load/source_delivery.h"

#include <cstdlib>
#include <optional>

#include "check.h"
#include "load_way.h"

using namespace octoload;
using namespace octoload::test;

namespace {

load::IngestOptions random_options(const ScratchFolder& scratch, Random& random) {
  load::IngestOptions options = ingest_options(scratch);
  options.orders = {};
  options.orders[static_cast<size_t>(load::Order::kSource)] = true;
  options.rows.frame = kFrames[random.next() % std::size(kFrames)];
  options.rows.coerce_text = one_in(random, 2);
  if (one_in(random, 3)) options.rows.min_level = static_cast<uint8_t>(random.next() % 9);
  if (one_in(random, 3)) options.rows.max_level = static_cast<uint8_t>(random.next() % 27);
  if (one_in(random, 3)) options.limit = random.next() % 200;
  return options;
}

Named random_names(const std::vector<LoadFile>& source, const load::PrepareOptions& options,
                   Random& random) {
  Named named;
  const Judge judge(options);
  for (const LoadFile& file : source) {
    for (const LoadRow& row : file.rows) {
      if (!one_in(random, 9)) continue;
      const Judged judged = judge.judge(row);
      if (one_in(random, 2)) named.rows.push_back({file.facts.number, row.rowid});
      if (judged.has_key && one_in(random, 2)) named.cells.push_back({judged.level, judged.code});
    }
  }
  return named;
}

struct Reading {
  const load::Derivation& derivation;
  const load::Ingest& ingest;
  std::span<const ExpectedRow> expected;
  size_t delivered = 0;

  std::unique_ptr<load::SourceDelivery> open(const sort::Position* after) const {
    std::unique_ptr<load::SourceDelivery> delivery;
    CHECK(load::SourceDelivery::open(*derivation.derived(load::Order::kSource), ingest.options(),
                                     after, &delivery)
              .ok());
    return delivery;
  }

  // The batch's rows have to be the next expected ones.
  void take(load::SourceDelivery& delivery, std::span<const LoadRow> rows,
            const load::FileFacts& file) {
    {
      const Bytes block = make_source_block(rows);
      CHECK(delivery.add(parse_source(block), file).ok());
    }
    if (!CHECK(delivery.rows() <= expected.size() - delivered)) return;
    Bytes block(delivery.block_bytes(), 0xEE);
    CHECK(delivery.write(block).ok());
    batch::SinkBatch batch;
    CHECK(batch::SinkBatch::parse(block, &batch));
    if (!CHECK_EQ(batch.rows, delivery.rows())) return;
    check_sink_rows(batch, expected.subspan(delivered, batch.rows), ingest.options().rows.frame);
    delivered += batch.rows;
    if (block.empty()) return;
    const sort::Status status = delivery.write(std::span(block).first(block.size() - 1));
    CHECK(status.code == sort::Code::kOutputTooSmall && status.offset == block.size());
  }
};

// Now and then a new delivery goes on from behind the last batch.
void read_again(Reading& reading, const std::vector<LoadFile>& source, Random& random) {
  auto delivery = reading.open(nullptr);
  for (const LoadFile& file : source) {
    for (size_t at = 0; at < file.rows.size();) {
      const size_t count = std::min(file.rows.size() - at, random_batch(random));
      reading.take(*delivery, std::span(file.rows).subspan(at, count), file.facts);
      at += count;
      if (!one_in(random, 4)) continue;
      const sort::Position position = delivery->position();
      delivery = reading.open(&position);
      CHECK(delivery->position().key == position.key);
      CHECK_EQ(delivery->position().equal_keys, position.equal_keys);
    }
  }
  CHECK_EQ(reading.delivered, reading.expected.size());
}

void test_second_reading(Random& random, size_t rounds) {
  size_t sent = 0;
  for (size_t round = 0; round < rounds; ++round) {
    const ScratchFolder scratch;
    load::IngestOptions options = random_options(scratch, random);
    TreeMaker maker(options.rows.frame, {}, random);
    const std::vector<LoadFile> source = maker.make();
    std::optional<Named> named;
    if (one_in(random, 3)) {
      named = random_names(source, options.rows, random);
      options.selection = named->selection();
    }
    const LoadModel model(source, options, named ? &*named : nullptr);
    const auto ingest = open_ingest(options);
    if (ingest == nullptr) return;
    feed(*ingest, source, model, random, SIZE_MAX);
    CHECK(ingest->finish().ok());
    check_counts(ingest->mark(), model);
    CHECK(ingest->rows(load::Order::kSource) == nullptr);
    const auto derivation = derive_all(*ingest, options, model, random);
    if (derivation == nullptr) return;
    const std::vector<ExpectedRow> expected = model.in_order(load::Order::kSource);
    Reading reading{*derivation, *ingest, expected};
    read_again(reading, source, random);
    sent += reading.delivered;
  }
  CHECK(sent > 10 * rounds);
}

// What lies in the spill folder is keys and derived columns, whatever rows hold.
void test_no_rows_on_disk(Random& random) {
  const ScratchFolder scratch;
  load::IngestOptions options = random_options(scratch, random);
  TreeShape shape;
  shape.padding = 9'000;
  TreeMaker maker(options.rows.frame, shape, random);
  const std::vector<LoadFile> source = maker.make();
  const LoadModel model(source, options);
  const auto ingest = open_ingest(options);
  if (ingest == nullptr) return;
  feed(*ingest, source, model, random, SIZE_MAX);
  CHECK(ingest->finish().ok());
  const auto derivation = derive_all(*ingest, options, model, random);
  uint64_t bytes = 0, rows = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(options.folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  for (const LoadFile& file : source) rows += file.rows.size();
  CHECK(bytes < 500 * rows + 20'000);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 30;
  Random random(71);
  test_second_reading(random, 20 + 4 * effort);
  test_no_rows_on_disk(random);
  return check_report("load source delivery");
}
