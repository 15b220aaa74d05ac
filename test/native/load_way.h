// A source's whole way through the loader: its rows into the sorts, their keys
// through the derivation, and what comes out held against the model.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "../../native/load/delivery.h"
#include "../../native/load/derivation.h"
#include "../../native/load/ingest.h"
#include "load_oracle.h"
#include "load_trees.h"
#include "random.h"
#include "sort_folder.h"
#include "sort_records.h"

namespace octoload::test {

inline constexpr load::Order kPlainOrders[] = {load::Order::kNode, load::Order::kTile};
inline constexpr load::Order kEveryOrder[] = {load::Order::kNode, load::Order::kTile,
                                              load::Order::kNodeToken, load::Order::kTileToken};

inline load::IngestOptions ingest_options(const ScratchFolder& scratch) {
  load::IngestOptions options;
  options.rows.frame = kFrames[0];
  options.folder = scratch.path("");
  options.identity = "a source";
  options.memory_bytes = 5u << 20;
  options.orders = {true, true};
  return options;
}

inline load::DerivationOptions derivation_options(const load::IngestOptions& options) {
  const auto orders = std::count(options.orders.begin(), options.orders.end(), true);
  const uint64_t memory_bytes = std::max<uint64_t>(2, static_cast<uint64_t>(orders)) * (3u << 19);
  return {options.folder, options.identity, memory_bytes, options.orders};
}

inline std::unique_ptr<load::Ingest> open_ingest(const load::IngestOptions& options) {
  std::unique_ptr<load::Ingest> ingest;
  CHECK(load::Ingest::open(options, &ingest).ok());
  return ingest;
}

// A batch has to fit into each sort's memory.
inline constexpr size_t kMaxBatchBytes = 400'000;

inline size_t random_batch(Random& random) {
  return 1 + random.next() % (one_in(random, 3) ? 100 : 20);
}

// Adds the source's next batches, from the ingest's mark on. False: that was all.
inline bool feed(load::Ingest& ingest, const std::vector<LoadFile>& source, const LoadModel& model,
                 Random& random, size_t batches) {
  for (const LoadFile& file : source) {
    const auto is_read = [&](const LoadRow& row) {
      return ingest.mark().covers(file.facts.number, row.rowid);
    };
    while (true) {
      const auto begin = std::find_if_not(file.rows.begin(), file.rows.end(), is_read);
      const auto left = static_cast<size_t>(file.rows.end() - begin);
      if (left == 0) break;
      if (batches == 0) return true;
      --batches;
      std::span<const LoadRow> rows(&*begin, std::min(left, random_batch(random)));
      Bytes block = make_source_block(rows);
      while (block.size() > kMaxBatchBytes && rows.size() > 1) {
        rows = rows.first(rows.size() / 2);
        block = make_source_block(rows);
      }
      std::vector<uint8_t> status(rows.size(), 0xEE);
      if (!CHECK(ingest.add(parse_source(block), file.facts, status).ok())) return false;
      for (size_t i = 0; i < rows.size(); ++i) {
        CHECK_EQ(status[i], model.status(file.facts.number, rows[i].rowid));
      }
    }
  }
  return false;
}

inline void check_counts(const load::IngestMark& mark, const LoadModel& model) {
  CHECK_EQ(mark.rows, model.counts().rows);
  CHECK_EQ(mark.passed, model.counts().passed);
  CHECK_EQ(mark.selected, model.counts().selected);
  CHECK_EQ(mark.rejected, model.counts().rejected);
  CHECK_EQ(mark.unreadable_created, model.counts().unreadable_created);
}

// Derives what is left to be derived. The collisions have to be the model's,
// each told once.
inline std::unique_ptr<load::Derivation> derive_all(const load::Ingest& ingest,
                                                    const load::IngestOptions& options,
                                                    const LoadModel& model, Random& random) {
  std::unique_ptr<load::Derivation> derivation;
  if (!CHECK(load::Derivation::open(derivation_options(options), &derivation).ok())) return nullptr;
  if (!derivation->has_all_input()) {
    std::map<LoadModel::Name, LoadModel::Name> collisions;
    for (bool is_done = false; !is_done;) {
      if (!CHECK(derivation->step(ingest.keys(), random_batch(random), &is_done).ok())) break;
      for (const derive::Collision& collision : derivation->collisions()) {
        const LoadModel::Name loser = {collision.loser_file, collision.loser_rowid};
        CHECK(!collisions.contains(loser));
        CHECK_EQ(collision.loser_is_loadable, model.is_loadable(loser.first, loser.second));
        collisions[loser] = {collision.winner_file, collision.winner_rowid};
      }
    }
    CHECK(collisions == model.collisions());
    CHECK_EQ(derivation->counts().rows, model.cells());
    CHECK_EQ(derivation->counts().orphans, model.orphans());
    CHECK_EQ(derivation->counts().collisions, model.collisions().size());
    CHECK_EQ(derivation->records(), model.cells() + model.collisions().size());
  }
  CHECK(derivation->finish().ok());
  return derivation;
}

// The row as the envelope's decoder gives it back, but for its key.
inline TestRow decoded_row(const ExpectedRow& expected) {
  const auto& values = expected.row->values;
  const auto value_of = [&](size_t column) {
    const bool is_absent = (expected.file.absent >> column & 1) != 0;
    return is_absent ? TestValue{} : values[column];
  };
  TestRow row;
  for (size_t axis = 0; axis < 3; ++axis) {
    row.xyz[axis] = __builtin_bit_cast(uint64_t, expected.judged.xyz[axis]);
  }
  row.id = value_of(batch::kIdColumn);
  row.density = value_of(batch::kDensityColumn);
  row.created = value_of(batch::kCreatedColumn);
  row.metadata = value_of(batch::kMetadataColumn);
  for (unsigned k = 0; k < envelope::kOriginals; ++k) {
    row.originals[k] = value_of(batch::kXColumn + k);
    row.originals[k].bits = 0;
    // A NULL material is told beside the envelope.
    if (row.originals[k].kind == envelope::kNull) row.originals[k].kind = envelope::kInteger;
  }
  row.column_set = expected.file.column_set;
  row.extras = expected.row->extras;
  return row;
}

inline void check_envelopes(const batch::SinkBatch& batch, std::span<const ExpectedRow> expected,
                            const Frame& frame) {
  const envelope::RowKeys keys = {batch.tiles, batch.cells, batch.levels, 0};
  const Decoded decoded =
      decode_envelopes({batch.rows, keys, batch.bytes, batch.offsets}, frame, nullptr);
  if (!CHECK(!decoded.result.overflow)) return;
  for (size_t i = 0; i < batch.rows; ++i) {
    CHECK_EQ(decoded.status[i], uint8_t{kRowOk});
    TestRow row = decoded_row(expected[i]);
    row.extras.resize(decoded.rows[i].extras.size());  // others of the batch may have more
    CHECK(decoded.rows[i] == row);
  }
}

inline void check_sink_rows(const batch::SinkBatch& batch, std::span<const ExpectedRow> expected,
                            const Frame& frame) {
  for (size_t i = 0; i < batch.rows; ++i) {
    const ExpectedRow& row = expected[i];
    const int64_t micros = row.judged.created_us.value_or(0);
    const int64_t millis = micros / 1000 - (micros % 1000 < 0 ? 1 : 0);
    CHECK_EQ(batch.tiles[i], row.key.tile);
    CHECK_EQ(batch.cells[i], row.key.cell);
    CHECK_EQ(batch.levels[i], row.key.level);
    CHECK_EQ(batch.rowids[i], row.row->rowid);
    CHECK_EQ(batch.files[i], row.file.number);
    CHECK_EQ(batch.last_modified[i], millis);
    CHECK_EQ(batch.materials[i], row.judged.material.value_or(0));
    CHECK_EQ(batch.no_materials[i], uint8_t{!row.judged.material});
    CHECK_EQ(batch.masks[i], row.children_mask);
    CHECK_EQ(batch.homogeneities[i], row.homogeneity);
  }
  check_envelopes(batch, expected, frame);
}

struct Delivering {
  size_t max_rows = 1000;
  size_t block_bytes = 1u << 16;
  std::vector<sort::Position> positions;  // after each block
  std::vector<size_t> delivered;          // and how many rows had come by then
};

// Delivers a range, which has to be `expected`; the status is the first failure.
inline sort::Status deliver(const sort::Sorter& rows, const sort::Sorter& derived,
                            const load::DeliveryOptions& options, const Frame& frame,
                            std::span<const ExpectedRow> expected, Delivering* how,
                            size_t* delivered) {
  *delivered = 0;
  std::unique_ptr<load::Delivery> delivery;
  sort::Status status = load::Delivery::open(rows, derived, options, &delivery);
  for (load::Delivery::Chunk chunk; status.ok() && !chunk.is_end;) {
    // A fresh block each time: a sanitizer sees what is written beyond it.
    Bytes block(how->block_bytes, 0xEE);
    status = delivery->next(how->max_rows, block, &chunk);
    if (status.code == sort::Code::kOutputTooSmall) {
      CHECK_EQ(chunk.read + chunk.rows, 0u);
      block.assign(static_cast<size_t>(status.offset), 0xEE);
      block.shrink_to_fit();
      status = delivery->next(how->max_rows, block, &chunk);
      CHECK(status.code != sort::Code::kOutputTooSmall);
    }
    if (!status.ok()) break;
    batch::SinkBatch batch;
    CHECK(batch::SinkBatch::parse(std::span(block).first(chunk.bytes), &batch));
    CHECK_EQ(batch.rows, chunk.rows);
    CHECK(chunk.rows <= chunk.read && chunk.read <= how->max_rows);
    CHECK_EQ(chunk.is_end, chunk.read == 0);
    if (!CHECK(batch.rows <= expected.size() - *delivered)) break;
    check_sink_rows(batch, expected.subspan(*delivered, batch.rows), frame);
    *delivered += batch.rows;
    how->positions.push_back(delivery->position());
    how->delivered.push_back(*delivered);
  }
  return status;
}

// Everything, in each order that was asked for.
inline void check_delivery(const load::Ingest& ingest, const load::Derivation& derivation,
                           const load::IngestOptions& options, const LoadModel& model,
                           Random& random) {
  for (const load::Order order : kEveryOrder) {
    if (!options.orders[static_cast<size_t>(order)]) continue;
    const std::vector<ExpectedRow> expected = model.in_order(order);
    Delivering how;
    how.max_rows = 1 + random.next() % 300;
    size_t delivered = 0;
    CHECK(deliver(*ingest.rows(order), *derivation.derived(order), {order, {}}, options.rows.frame,
                  expected, &how, &delivered)
              .ok());
    CHECK_EQ(delivered, expected.size());
  }
}

// Finishes an ingest that has been fed everything, derives and delivers.
inline void check_rest_of_way(load::Ingest& ingest, const load::IngestOptions& options,
                              const LoadModel& model, Random& random) {
  CHECK(ingest.finish().ok());
  check_counts(ingest.mark(), model);
  const auto derivation = derive_all(ingest, options, model, random);
  if (derivation != nullptr) check_delivery(ingest, *derivation, options, model, random);
}

}  // namespace octoload::test
