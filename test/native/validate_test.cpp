// A target's rows as a server or a table gives them, and the merge that compares
// them with the source's, against dull readings; hostile bytes are bounded.
#include "../../native/validate/merge.h"

#include <cstdlib>
#include <map>
#include <tuple>

#include "../../native/cql/result_rows.h"
#include "../../native/token/murmur3.h"
#include "../../native/validate/stored_rows.h"
#include "check.h"
#include "validate_rows.h"

using namespace octoload;
using namespace octoload::test;

namespace {

constexpr cql::Layout kLayouts[] = {cql::Layout::kNode, cql::Layout::kTile};

// The body lies in memory of exactly its size, so that the sanitizer sees its end.
cql::ResultRows unpack(const std::string& body, uint8_t flags, cql::Layout layout, Block* block) {
  const std::vector<uint8_t> bytes(body.begin(), body.end());
  return cql::unpack_rows(bytes, flags, layout, block->bytes());
}

PlainRow any_row(Random& random) {
  PlainRow row = whole_row(random);
  if (random.next() % 8 == 0) row.homogeneity.reset();
  if (random.next() % 8 == 0) row.mask.reset();
  if (random.next() % 8 == 0) row.envelope.reset();
  if (random.next() % 8 == 0) row.last_modified.reset();
  return row;
}

std::vector<PlainRow> some_rows(Random& random, size_t most) {
  std::vector<PlainRow> rows(random.next() % (most + 1));
  for (PlainRow& row : rows) row = any_row(random);
  return rows;
}

std::string warned(const std::string& body) {
  std::string with;
  put_number(&with, 2, 2);
  for (const std::string text : {"slow", ""}) {
    put_number(&with, text.size(), 2);
    with += text;
  }
  return with + body;
}

void test_pages(Random& random, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    const cql::Layout layout = kLayouts[i % 2];
    const std::vector<PlainRow> rows = some_rows(random, 20);
    const std::string paging = random_text(random, 12);
    const std::string body = result_body(rows, layout, paging);
    const bool is_warned = random.next() % 2 == 0;
    const std::string sent = is_warned ? warned(body) : body;
    Block block(batch::TargetBlock::size(rows.size(), sent.size()));
    const cql::ResultRows got = unpack(sent, is_warned ? 8 : 0, layout, &block);
    if (!CHECK(got.code == cql::RowsCode::kOk)) continue;
    CHECK_EQ(got.rows, rows.size());
    CHECK(rows_of(block.bytes().first(got.bytes)) == rows);
    CHECK(sent.substr(got.paging_offset, got.paging_bytes) == paging);
    size_t envelope_bytes = 0;
    for (const PlainRow& row : rows) envelope_bytes += row.envelope ? row.envelope->size() : 0;
    CHECK_EQ(got.envelope_bytes, envelope_bytes);
  }
}

void test_page_faults(Random& random) {
  using Code = cql::RowsCode;
  for (const cql::Layout layout : kLayouts) {
    std::vector<PlainRow> rows(3);
    for (PlainRow& row : rows) row = whole_row(random);
    const std::string body = result_body(rows, layout);
    Block block(4096);
    const auto code_of = [&](const std::string& sent, uint8_t flags = 0) {
      return unpack(sent, flags, layout, &block).code;
    };
    CHECK(code_of(body) == Code::kOk);
    for (size_t end = 0; end < body.size(); ++end) {
      CHECK(code_of(body.substr(0, end)) == Code::kTruncated);
    }
    CHECK(code_of(body + "x") == Code::kTrailing);
    CHECK(code_of(body, 1) == Code::kNotRows);
    const auto changed = [&](size_t at, uint8_t value) {
      std::string other = body;
      other[at] = static_cast<char>(value);
      return other;
    };
    CHECK(code_of(changed(3, 1)) == Code::kNotRows);  // kind Void
    CHECK(code_of(changed(7, 0)) == Code::kNotRows);  // columns are described
    CHECK(code_of(changed(11, 9)) == Code::kOtherColumns);
    CHECK(code_of(changed(12, 0x7f)) == Code::kTruncated);  // 2^31 rows
    CHECK(code_of(changed(16, 0xff)) == Code::kTruncated);  // a length below -1
    std::string null_key = body.substr(0, 16);
    for (int column = 0; column < 8; ++column) put_null(&null_key);
    CHECK(code_of(null_key + body.substr(16)) == Code::kBadKey);
    Block small(64);
    const cql::ResultRows needs = unpack(body, 0, layout, &small);
    CHECK(needs.code == Code::kOutputTooSmall);
    Block enough(needs.detail);
    CHECK(unpack(body, 0, layout, &enough).code == Code::kOk);
  }
}

// A value of another size than its column's is none; an unfit material is not NULL either.
void test_unfit_values() {
  std::string body;
  for (const uint32_t word : {2u, 4u, 7u, 1u}) put_number(&body, word, 4);
  put_value(&body, 77, 8);
  put_value(&body, 5, 1);
  put_value(&body, 1, 2);
  put_value(&body, 1, 8);
  put_value(&body, 1, 4);
  put_null(&body);
  put_value(&body, 1, 4);
  Block block(1024);
  const cql::ResultRows got = unpack(body, 0, cql::Layout::kNode, &block);
  CHECK(got.code == cql::RowsCode::kOk);
  batch::SinkBatch batch;
  CHECK(batch::SinkBatch::parse(block.bytes(), &batch));
  CHECK_EQ(batch.no_materials[0], 63);
}

void test_mutations(Random& random, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    const cql::Layout layout = kLayouts[i % 2];
    std::string body = result_body(some_rows(random, 6), layout, random_text(random, 4));
    for (size_t j = 0; j <= random.next() % 4; ++j) {
      const size_t at = random.next() % std::min<size_t>(body.size(), 200);
      body[at] = static_cast<char>(random.next() % 3 == 0 ? 0xff : random.next());
    }
    if (random.next() % 3 == 0) body.resize(random.next() % (body.size() + 1));
    Block block(batch::TargetBlock::size(8, body.size()));
    const cql::ResultRows got = unpack(body, random.next() % 4 == 0 ? 8 : 0, layout, &block);
    if (got.code != cql::RowsCode::kOk) continue;
    CHECK(got.bytes <= block.bytes().size());
    CHECK_EQ(rows_of(block.bytes()).size(), got.rows);
    CHECK(got.paging_offset + got.paging_bytes <= body.size());
  }
}

void test_stored(Random& random, int rounds) {
  using Code = validate::StoredCode;
  for (int i = 0; i < rounds; ++i) {
    const bool is_tile = i % 2 == 1;
    const std::vector<PlainRow> rows = some_rows(random, 12);
    std::string bytes;
    std::vector<std::vector<Stored>> values;
    for (const PlainRow& row : rows) values.push_back(stored_row(row, is_tile, &bytes));
    Block packed = packed_block(values, bytes), block(8);
    const auto too_small = validate::unpack_stored(packed.bytes(), is_tile, block.bytes());
    CHECK(too_small.code == Code::kOutputTooSmall);
    block = Block(too_small.detail);
    const auto got = validate::unpack_stored(packed.bytes(), is_tile, block.bytes());
    CHECK(got.code == Code::kOk);
    CHECK(rows_of(block.bytes().first(got.bytes)) == rows);
    // Any value may be of any class and size.
    if (rows.empty()) continue;
    auto& value = values[random.next() % rows.size()][random.next() % 8];
    value = {static_cast<uint8_t>(random.next() % 8), random.next()};
    Block hostile = packed_block(values, bytes);
    const auto judged = validate::unpack_stored(hostile.bytes(), is_tile, block.bytes());
    if (judged.code == Code::kOk) CHECK_EQ(rows_of(block.bytes()).size(), rows.size());
  }
  Block nothing(64), block(64);
  CHECK(validate::unpack_stored(nothing.bytes(), false, block.bytes()).code == Code::kBadBlock);
}

// Two envelopes that claim the same bytes do not write beyond the block.
void test_shared_bytes(Random& random) {
  const std::string bytes = random_text(random, 0) + std::string(100, 'e');
  std::vector<std::vector<Stored>> values;
  std::string unused;
  for (int i = 0; i < 4; ++i) {
    values.push_back(stored_row(whole_row(random), true, &unused));
    values.back()[6] = {4, uint64_t{100} << 32};
  }
  Block packed = packed_block(values, bytes);
  Block block(batch::TargetBlock::size(4, 100));
  const auto got = validate::unpack_stored(packed.bytes(), true, block.bytes());
  CHECK(got.code == validate::StoredCode::kBadBlock);
}

using Key = std::tuple<int64_t, uint64_t, uint64_t, uint64_t>;

Key key_of(const PlainRow& row, load::Order order) {
  int64_t token = 0;
  const uint64_t code = row.tile << 15 | row.cell;
  if (order == load::Order::kNodeToken) token::of_bigints(&code, 1, &token);
  if (order == load::Order::kTileToken) token::of_tiles(&row.level, 0, &row.tile, 1, &token);
  const bool is_node = order == load::Order::kNode || order == load::Order::kNodeToken;
  if (is_node) return {token, row.tile, row.cell, row.level};
  return {token, row.level, row.tile, row.cell};
}

struct Finding {
  validate::Kind kind;
  Key key;
  uint32_t columns;
  bool operator==(const Finding&) const = default;
};

using Side = std::map<Key, PlainRow>;

std::vector<Finding> dull_merge(const Side& source, const Side& target, unsigned max_level) {
  std::vector<Finding> found;
  Side all = source;
  all.insert(target.begin(), target.end());
  for (const auto& [key, any] : all) {
    const auto ours = source.find(key), theirs = target.find(key);
    if (ours == source.end()) {
      found.push_back({validate::Kind::kExtra, key, 0});
      continue;
    }
    if (theirs == target.end()) {
      if (any.level <= max_level) found.push_back({validate::Kind::kMissing, key, 0});
      continue;
    }
    const PlainRow &a = ours->second, &b = theirs->second;
    const unsigned columns = (a.material != b.material ? 1u : 0u) |
                             (a.homogeneity != b.homogeneity ? 2u : 0u) |
                             (a.mask != b.mask ? 4u : 0u) | (a.envelope != b.envelope ? 8u : 0u) |
                             (a.last_modified != b.last_modified ? 16u : 0u);
    if (columns != 0) found.push_back({validate::Kind::kDifferent, key, columns});
  }
  return found;
}

// One side in blocks of random sizes.
class Feed {
 public:
  Feed(Random& random, const Side& all) : random_(random) {
    for (const auto& [_, row] : all) rows_.push_back(row);
    next();
  }
  void next() {
    const size_t count = std::min(rows_.size() - at_, random_.next() % 7);
    part_ = {rows_.begin() + static_cast<long>(at_),
             rows_.begin() + static_cast<long>(at_ + count)};
    at_ += count;
    block_ = block_of(part_);
    side.at = 0;
    side.is_end = at_ == rows_.size();
    CHECK(batch::SinkBatch::parse(block_.bytes(), &side.batch));
  }
  const PlainRow& row(size_t i) const { return part_[i]; }

  validate::Side side;

 private:
  Random& random_;
  std::vector<PlainRow> rows_, part_;
  size_t at_ = 0;
  Block block_{0};
};

void test_merge(Random& random, load::Order order, int rounds) {
  constexpr unsigned kMaxLevel = 7;
  for (int i = 0; i < rounds; ++i) {
    Side source, target;
    for (uint64_t j = random.next() % 40; j > 0; --j) {
      const PlainRow row = whole_row(random);
      const Key key = key_of(row, order);
      if (random.next() % 8 != 0) source[key] = row;
      if (random.next() % 8 != 0 && row.level <= kMaxLevel) target[key] = row;
      if (random.next() % 4 == 0 && target.contains(key)) {
        PlainRow& other = target[key];
        const PlainRow values = any_row(random);
        if (random.next() % 2 == 0) other.material = values.material;
        if (random.next() % 2 == 0) other.homogeneity = values.homogeneity;
        if (random.next() % 2 == 0) other.mask = values.mask;
        if (random.next() % 2 == 0) other.envelope = values.envelope;
        if (random.next() % 2 == 0) other.last_modified = values.last_modified;
      }
    }
    Feed ours(random, source), theirs(random, target);
    validate::MergeState state{};
    uint32_t columns[4][3];
    const validate::FindingTable table = {3, columns[0], columns[1], columns[2], columns[3]};
    std::vector<Finding> found;
    uint64_t equal = 0, too_deep = 0;
    for (bool is_done = false; !is_done;) {
      const auto step = validate::merge(ours.side, theirs.side, {order, kMaxLevel}, &state, table);
      for (size_t k = 0; k < step.found; ++k) {
        const auto kind = static_cast<validate::Kind>(columns[0][k]);
        const PlainRow& row =
            kind == validate::Kind::kExtra ? theirs.row(columns[2][k]) : ours.row(columns[1][k]);
        found.push_back({kind, key_of(row, order), columns[3][k]});
      }
      equal += step.equal;
      too_deep += step.too_deep;
      ours.side.at = step.source_at;
      theirs.side.at = step.target_at;
      CHECK(step.code <= validate::MergeCode::kTableFull);
      is_done =
          step.code == validate::MergeCode::kDone || step.code > validate::MergeCode::kTableFull;
      if (step.code == validate::MergeCode::kNeedsSource) ours.next();
      if (step.code == validate::MergeCode::kNeedsTarget) theirs.next();
    }
    CHECK(found == dull_merge(source, target, kMaxLevel));
    size_t missing = 0;
    for (const Finding& finding : found) missing += finding.kind == validate::Kind::kMissing;
    size_t different = 0;
    for (const Finding& finding : found) different += finding.kind == validate::Kind::kDifferent;
    CHECK_EQ(equal + too_deep + missing + different, source.size());
  }
}

std::vector<PlainRow> descending(Random& random) {
  std::vector<PlainRow> rows = {whole_row(random), whole_row(random)};
  std::sort(rows.begin(), rows.end(), [](const PlainRow& a, const PlainRow& b) {
    return key_of(a, load::Order::kNode) > key_of(b, load::Order::kNode);
  });
  return rows;
}

void test_disorder(Random& random) {
  using Code = validate::MergeCode;
  for (int i = 0; i < 4; ++i) {
    const bool is_source = i % 2 == 0;
    std::vector<PlainRow> rows = descending(random);
    if (i < 2) rows[1] = rows[0];
    Block block = block_of(rows);
    validate::Side side, none;
    CHECK(batch::SinkBatch::parse(block.bytes(), &side.batch));
    side.is_end = none.is_end = true;
    validate::MergeState state{};
    uint32_t columns[4][8];
    const validate::FindingTable table = {8, columns[0], columns[1], columns[2], columns[3]};
    const auto step = validate::merge(is_source ? side : none, is_source ? none : side,
                                      {load::Order::kNode, 26}, &state, table);
    CHECK(step.code == (is_source ? Code::kSourceOutOfOrder : Code::kTargetOutOfOrder));
  }
}

}  // namespace

int main(int count, char** arguments) {
  const int share = count > 1 ? std::atoi(arguments[1]) : 20;
  Random random(20260101);
  test_pages(random, 400 * share);
  test_page_faults(random);
  test_unfit_values();
  test_mutations(random, 4000 * share);
  test_stored(random, 300 * share);
  test_shared_bytes(random);
  for (const load::Order order :
       {load::Order::kNode, load::Order::kTile, load::Order::kNodeToken, load::Order::kTileToken}) {
    test_merge(random, order, 200 * share);
  }
  test_disorder(random);
  return check_report("validate");
}
