// Blocks that lie: cut short, with counts too large for them, with kinds and
// slots of all sorts. They are refused, or every section lies inside the block
// and the loader takes the rows as they are; the sanitizers see the rest.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "../../native/batch/sink_batch.h"
#include "check.h"
#include "load_trees.h"
#include "load_way.h"

using namespace octoload;
using namespace octoload::test;

namespace {

constexpr uint64_t kLies[] = {0,
                              1,
                              9,
                              4096,
                              4097,
                              uint64_t{1} << 28,
                              (uint64_t{1} << 28) + 1,
                              uint64_t{1} << 32,
                              (uint64_t{1} << 32) + 3,
                              uint64_t{1} << 60,
                              uint64_t{1} << 61,
                              uint64_t{1} << 63,
                              ~uint64_t{0} - 7,
                              ~uint64_t{0}};

uint64_t sum_of(const void* from, size_t bytes) {
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes; ++i) sum += static_cast<const uint8_t*>(from)[i];
  return sum;
}

// Reads every section to its end. false: the block is refused.
bool touch_source(const Bytes& block, uint64_t* sum) {
  batch::SourceBatch batch;
  if (!batch::SourceBatch::parse(block, &batch)) return false;
  *sum +=
      sum_of(batch.rowids(), 8 * batch.rows()) + sum_of(batch.bytes().data(), batch.bytes().size());
  for (size_t column = 0; column < batch.columns(); ++column) {
    *sum += sum_of(batch.kinds(column), batch.rows());
    *sum += sum_of(batch.slots(column), 8 * batch.rows());
  }
  return true;
}

bool touch_sink(const Bytes& block, uint64_t* sum) {
  batch::SinkBatch batch;
  if (!batch::SinkBatch::parse(block, &batch)) return false;
  for (size_t row = 0; row < batch.rows; ++row) {
    *sum += batch.tiles[row] + batch.cells[row] + batch.levels[row] + batch.masks[row] +
            batch.no_materials[row] + batch.files[row] + static_cast<uint64_t>(batch.rowids[row]) +
            static_cast<uint64_t>(batch.last_modified[row]) +
            static_cast<uint64_t>(batch.materials[row]) +
            __builtin_bit_cast(uint32_t, batch.homogeneities[row]);
    const uint32_t begin = batch.offsets[row];
    *sum += sum_of(batch.bytes.data() + begin, batch.offsets[row + 1] - begin);
  }
  return true;
}

std::vector<LoadRow> random_load_rows(Random& random, size_t count) {
  TreeShape shape;
  shape.rows = count;
  shape.files = 1;
  TreeMaker maker(kFrames[0], shape, random);
  return maker.make()[0].rows;
}

Bytes make_sink_block(Random& random, size_t rows) {
  const batch::SinkLayout at(rows);
  std::vector<uint32_t> offsets = {0};
  for (size_t i = 0; i < rows; ++i) {
    offsets.push_back(offsets.back() + static_cast<uint32_t>(random.next() % 40));
  }
  Bytes block(at.bytes + offsets.back());
  for (uint8_t& byte : block) byte = static_cast<uint8_t>(random.next());
  const uint64_t head[] = {batch::kSinkMagic, rows, offsets.back()};
  std::memcpy(block.data(), head, sizeof head);
  std::memcpy(block.data() + at.offsets, offsets.data(), 4 * offsets.size());
  return block;
}

// Cuts, head words, and bytes of a block; `touch` says whether it was taken.
template <class Touch>
void test_lies(const Bytes& good, size_t head_words, Random& random, const Touch& touch) {
  uint64_t sum = 0;
  CHECK(touch(good, &sum));
  for (size_t size = 0; size < good.size(); ++size) {
    const Bytes cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(size));
    CHECK(!touch(cut, &sum));
  }
  for (size_t word = 0; word < head_words; ++word) {
    uint64_t truth = 0;
    std::memcpy(&truth, good.data() + 8 * word, sizeof truth);
    for (const uint64_t lie : kLies) {
      for (const uint64_t value : {lie, truth + lie, truth - lie}) {
        Bytes bad = good;
        std::memcpy(bad.data() + 8 * word, &value, sizeof value);
        const bool is_taken = touch(bad, &sum);
        if (value > truth || word == 0) CHECK_EQ(is_taken, value == truth);
      }
    }
  }
  for (size_t round = 0; round < 300; ++round) {
    Bytes bad = good;
    for (uint64_t i = 0; i <= random.next() % 4; ++i) {
      bad[random.next() % bad.size()] = static_cast<uint8_t>(random.next());
    }
    touch(bad, &sum);
  }
  CHECK_EQ(sum != 0, good.size() > 40);
}

void test_source_lies(Random& random) {
  for (const size_t rows : {0, 1, 3, 8, 17}) {
    const std::vector<LoadRow> source = random_load_rows(random, rows);
    test_lies(make_source_block(source), batch::kHeadWords, random, touch_source);
  }
}

void test_sink_lies(Random& random) {
  for (const size_t rows : {0, 1, 3, 8, 17}) {
    const Bytes good = make_sink_block(random, rows);
    test_lies(good, batch::kSinkHeadWords, random, touch_sink);
    const batch::SinkLayout at(rows);
    uint64_t sum = 0;
    for (size_t i = 0; i <= rows; ++i) {
      for (const uint32_t lie : {1u, 0x7fffffffu, 0xffffffffu}) {
        Bytes bad = good;
        uint32_t offset = 0;
        std::memcpy(&offset, bad.data() + at.offsets + 4 * i, sizeof offset);
        const uint32_t value = i == 0 ? lie : lie == 1 ? offset + 100'000 : lie;
        std::memcpy(bad.data() + at.offsets + 4 * i, &value, sizeof value);
        CHECK(!touch_sink(bad, &sum));
      }
    }
  }
}

// Kinds and slots are not the parser's to judge: the loader takes any.
void spoil_values(Bytes& block, Random& random) {
  batch::SourceBatch batch;
  CHECK(batch::SourceBatch::parse(block, &batch));
  const size_t kinds_at = batch::kHeadWords * 8 + 8 * batch.rows();
  const size_t slots_at = kinds_at + batch.columns() * batch::padded(batch.rows());
  const uint64_t bytes = batch.bytes().size();
  for (uint64_t i = 0; i <= random.next() % 20; ++i) {
    const size_t row = random.next() % batch.rows();
    const size_t column = random.next() % batch.columns();
    const uint64_t slots[] = {
        random.next(), bytes << 32, (bytes << 32) + 1, bytes, bytes + 1 + (uint64_t{1} << 32),
        ~uint64_t{0}};
    const uint64_t slot = slots[random.next() % std::size(slots)];
    std::memcpy(block.data() + slots_at + 8 * (column * batch.rows() + row), &slot, sizeof slot);
    if (one_in(random, 2)) continue;
    block[kinds_at + column * batch::padded(batch.rows()) + row] =
        static_cast<uint8_t>(one_in(random, 4) ? random.next() : random.next() % 8);
  }
}

void test_hostile_values(Random& random, size_t rounds) {
  const ScratchFolder scratch;
  load::IngestOptions options = ingest_options(scratch);
  options.rows.coerce_text = true;
  const auto ingest = open_ingest(options);
  if (ingest == nullptr) return;
  size_t rejected = 0;
  for (size_t round = 0; round < rounds; ++round) {
    Bytes block = make_source_block(random_load_rows(random, 1 + random.next() % 30));
    spoil_values(block, random);
    const batch::SourceBatch batch = parse_source(block);
    load::FileFacts file;
    file.number = static_cast<uint32_t>(round);
    file.absent = one_in(random, 4) ? static_cast<uint32_t>(random.next()) : 0;
    file.column_set = batch.columns() > batch::kFixedColumns ? 1 : 0;
    std::vector<uint8_t> status(batch.rows());
    CHECK(ingest->add(batch, file, status).ok());
    rejected += static_cast<size_t>(status.end() - std::find_if(status.begin(), status.end(),
                                                                [](uint8_t s) { return s != 0; }));
  }
  CHECK(rejected > rounds / 2);
  CHECK(ingest->finish().ok());
}

// All rows share their text: together they need more than the block has bytes.
void test_shared_bytes(Random& random) {
  std::vector<LoadRow> rows = random_load_rows(random, 60);
  for (LoadRow& row : rows) {
    row.values[batch::kIdColumn] = TestValue::null();
    row.values[batch::kMetadataColumn] = TestValue::null();
  }
  rows[0].values[batch::kIdColumn] = TestValue::text(std::string(3000, 'i'));
  Bytes block = make_source_block(rows);
  const batch::SourceBatch batch = parse_source(block);
  const size_t kinds_at = static_cast<size_t>(batch.kinds(0) - block.data());
  const size_t slots_at = kinds_at + batch.columns() * batch::padded(rows.size());
  for (const size_t column : {size_t{batch::kIdColumn}, size_t{batch::kMetadataColumn}}) {
    for (size_t row = 0; row < rows.size(); ++row) {
      const uint64_t slot = uint64_t{3000} << 32 | (batch.slots(batch::kIdColumn)[0] & 0xffffffff);
      block[kinds_at + column * batch::padded(rows.size()) + row] = envelope::kText;
      std::memcpy(block.data() + slots_at + 8 * (column * rows.size() + row), &slot, sizeof slot);
    }
  }
  const ScratchFolder scratch;
  const auto ingest = open_ingest(ingest_options(scratch));
  std::vector<uint8_t> status(rows.size());
  if (ingest == nullptr) return;
  CHECK(ingest->add(batch, {}, status).ok());
  CHECK(ingest->finish().ok());
  const Records keys = read_all(ingest->keys(), derive::kPreorderKeyBytes);
  CHECK(keys.count() > rows.size() / 2);
  for (size_t i = 0; i < keys.count(); ++i) CHECK(keys.offsets[i + 1] - keys.offsets[i] > 3000);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 30;
  Random random(67);
  test_source_lies(random);
  test_sink_lies(random);
  test_hostile_values(random, 100 + 20 * effort);
  test_shared_bytes(random);
  return check_report("load batch");
}
