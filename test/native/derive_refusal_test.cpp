// What the derivation refuses, and its limits.
#include <cstdint>
#include <vector>

#include "../../native/derive/deriver.h"
#include "check.h"
#include "derive_batches.h"
#include "derive_oracle.h"

using namespace octoload;
using namespace octoload::test;
using derive::Deriver;
using derive::Results;
using derive::Status;

namespace {

Status last_status(const std::vector<SourceRow>& rows, const derive::Options& options = {}) {
  Deriver deriver(options);
  Results results;
  Packed batch;
  for (const SourceRow& row : rows) batch.add(row);
  const Status status = batch.add_to(deriver, &results);
  return status == Status::kOk ? deriver.finish(&results) : status;
}

// Nine leaves of nine materials in eight cells.
void test_material_limit() {
  std::vector<SourceRow> rows = {row_at(0, 0, 1)};
  for (unsigned i = 0; i < 8; ++i) rows.push_back(row_at(1, i, static_cast<int32_t>(i)));
  rows.push_back(row_at(2, 63, 100));
  sort_rows(rows);
  CHECK(last_status(rows, {8}) == Status::kOk);
  CHECK(last_status(rows, {7}) == Status::kTooManyMaterials);

  // Eight trees beside each other, one open at a time.
  rows.clear();
  for (unsigned i = 0; i < 8; ++i) rows.push_back(row_at(1, i, {}));
  for (unsigned i = 0; i < 64; ++i) rows.push_back(row_at(2, i, static_cast<int32_t>(i)));
  sort_rows(rows);
  CHECK(last_status(rows, {8}) == Status::kOk);
  CHECK(last_status(rows, {7}) == Status::kTooManyMaterials);
}

void test_refusals() {
  const SourceRow first = row_at(2, 5, 1), second = row_at(2, 6, 1);
  CHECK(last_status({first, second}) == Status::kOk);
  CHECK(last_status({second, first}) == Status::kOutOfOrder);

  Packed batch;
  batch.add(first);
  batch.add(second);
  const auto refusal = [&](const Packed& packed) {
    Deriver deriver;
    Results results;
    const Status status = packed.add_to(deriver, &results);
    CHECK(batch.add_to(deriver, &results) == status);
    CHECK(deriver.finish(&results) == status);
    CHECK(deriver.records() < 2);
    return status;
  };
  Packed bad = batch;
  bad.keys[31] = 27;
  CHECK(refusal(bad) == Status::kBadKey);
  bad = batch;
  bad.payloads[0] |= 0x80;
  CHECK(refusal(bad) == Status::kBadPayload);
  bad = batch;
  bad.offsets.pop_back();
  CHECK(refusal(bad) == Status::kBadSpans);
  bad = batch;
  bad.offsets = {0, 9, 3};
  CHECK(refusal(bad) == Status::kBadSpans);
  bad = batch;
  ++bad.offsets.back();
  CHECK(refusal(bad) == Status::kBadSpans);
  bad = batch;
  bad.keys.pop_back();
  CHECK(refusal(bad) == Status::kBadSpans);
  bad = batch;
  bad.offsets.clear();
  CHECK(refusal(bad) == Status::kBadSpans);

  Deriver deriver;
  Results results;
  CHECK(batch.add_to(deriver, &results) == Status::kOk);
  CHECK(deriver.finish(&results) == Status::kOk);
  CHECK(deriver.finish(&results) == Status::kFinished);
  CHECK(batch.add_to(deriver, &results) == Status::kFinished);
  CHECK_EQ(results.rows.size(), 2u);
}

// So many rows of one key that not all losers are held until its end.
void test_many_losers() {
  const size_t count = derive::kMaxHeldLosers + 5000;
  Deriver deriver;
  Results results;
  Packed batch;
  SourceRow row = row_at(3, 9, 1);
  for (size_t i = 0; i < count; ++i) {
    row.rowid = static_cast<int64_t>(i);
    batch.add(row);
  }
  CHECK(batch.add_to(deriver, &results) == Status::kOk);
  CHECK(deriver.finish(&results) == Status::kOk);
  CHECK_EQ(results.rows.size(), 1u);
  CHECK_EQ(results.rows[0].rowid, static_cast<int64_t>(count - 1));
  CHECK_EQ(results.collisions.size(), count - 1);
  for (size_t i = 0; i < results.collisions.size(); ++i) {
    CHECK_EQ(results.collisions[i].loser_rowid, static_cast<int64_t>(i));
    CHECK(results.collisions[i].winner_rowid > static_cast<int64_t>(i));
  }
  CHECK_EQ(results.collisions.back().winner_rowid, static_cast<int64_t>(count - 1));
}

}  // namespace

int main() {
  test_material_limit();
  test_refusals();
  test_many_losers();
  return check_report("derive refusals");
}
