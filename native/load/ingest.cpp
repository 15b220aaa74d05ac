#include "ingest.h"

#include <algorithm>
#include <cstring>

#include "../derive/created_time.h"
#include "../derive/key_record.h"
#include "records.h"
#include "stopwatch.h"

namespace octoload::load {
namespace {

constexpr const char* kRowsFolders[kOrders] = {"rows-node", "rows-tile", "rows-node-token",
                                               "rows-tile-token", nullptr};
constexpr uint64_t kBlockBytes = 256u << 10;

static_assert(sizeof(IngestMark) == 64 && sizeof(IngestMark) <= sort::kMaxMarkBytes);

std::span<const uint8_t> bytes_of(const IngestMark& mark) noexcept {
  return {reinterpret_cast<const uint8_t*>(&mark), sizeof mark};
}

// A TEXT or BLOB too large to be packed counts as empty: its row is rejected,
// and its place among rows of the same key and time has to be some place.
void set_id(derive::KeyRecord* record, uint8_t kind, uint64_t slot,
            std::span<const uint8_t> bytes) noexcept {
  record->id_kind = kind == batch::kTooLarge ? uint8_t{envelope::kText} : kind;
  if (kind == envelope::kInteger || kind == envelope::kReal) record->id_word = slot;
  if (kind != envelope::kText && kind != envelope::kBlob) return;
  const uint64_t offset = slot & 0xffffffffu;
  const uint64_t length = slot >> 32;
  if (offset + length > bytes.size()) return;
  record->id_bytes = bytes.subspan(static_cast<size_t>(offset), static_cast<size_t>(length));
}

// Of all rows together. Slots may share bytes: it can be more than the batch has.
size_t id_bytes_of(const batch::SourceBatch& batch) noexcept {
  const uint8_t* const kinds = batch.kinds(batch::kIdColumn);
  const uint64_t* const slots = batch.slots(batch::kIdColumn);
  size_t bytes = 0;
  for (size_t row = 0; row < batch.rows(); ++row) {
    derive::KeyRecord record;
    set_id(&record, kinds[row], slots[row], batch.bytes());
    bytes += record.id_bytes.size();
  }
  return bytes;
}

bool is_before(const IngestMark& a, const IngestMark& b) noexcept {
  if (a.file != b.file) return a.file < b.file;
  if (a.has_rowid == 0 || b.has_rowid == 0) return a.has_rowid < b.has_rowid;
  return a.rowid < b.rowid;
}

}  // namespace

sort::Status Ingest::open(const IngestOptions& options, std::unique_ptr<Ingest>* ingest) {
  std::unique_ptr<Ingest> opened(new Ingest(options));
  const auto orders =
      static_cast<uint64_t>(std::count(options.orders.begin(), options.orders.end(), true));
  if (orders == 0) return sort::failure(sort::Code::kBadArgument);
  // What is not the sorts' is for the batches on their way and their envelopes.
  const uint64_t memory = options.memory_bytes - options.memory_bytes / 8;
  const uint64_t row_orders =
      orders - (options.orders[static_cast<size_t>(Order::kSource)] ? 1 : 0);
  // Keys are about a third of a row of 200 bytes, and there is one sort of them.
  const uint64_t key_memory = row_orders == 0 ? memory : memory / 4;
  sort::Status status =
      opened->open_sort("keys", derive::kPreorderKeyBytes, key_memory, &opened->keys_);
  for (size_t order = 0; order < kOrders && status.ok(); ++order) {
    if (!options.orders[order] || kRowsFolders[order] == nullptr) continue;
    status = opened->open_sort(kRowsFolders[order], order_key_bytes(static_cast<Order>(order)),
                               (memory - key_memory) / row_orders, &opened->rows_[order]);
  }
  if (!status.ok()) return status;
  std::optional<IngestMark> start = opened->keys_.done;
  for (const Sort& rows : opened->rows_) {
    if (rows.sorter == nullptr || !rows.done) continue;
    if (!start || is_before(*rows.done, *start)) start = rows.done;
  }
  if (start) opened->mark_ = *start;
  if (opened->has_all_input()) {
    const auto mark = opened->keys().runs().back()->mark();
    if (mark.size() == sizeof(IngestMark)) std::memcpy(&opened->mark_, mark.data(), mark.size());
  }
  *ingest = std::move(opened);
  return {};
}

sort::Status Ingest::open_sort(const std::string& name, size_t key_bytes, uint64_t memory_bytes,
                               Sort* sort) {
  sort::Options options;
  options.folder = options_.folder + "/" + name;
  options.identity = options_.identity + "\n" + name;
  options.key_bytes = key_bytes;
  options.memory_bytes = memory_bytes;
  options.block_bytes = kBlockBytes;
  sort::Status status = sort::Sorter::open(options, &sort->sorter);
  if (!status.ok() || sort->sorter->has_all_input()) return status;
  sort->done = IngestMark{};
  if (sort->sorter->runs().empty()) return {};
  const auto mark = sort->sorter->runs().back()->mark();
  if (mark.size() != sizeof(IngestMark)) {
    return sort::failure(sort::Code::kWrongIdentity, 0, options.folder);
  }
  std::memcpy(&*sort->done, mark.data(), mark.size());
  return {};
}

bool Ingest::has_all_input() const noexcept {
  if (keys_.done) return false;
  return std::none_of(rows_.begin(), rows_.end(), [](const Sort& rows) {
    return rows.sorter != nullptr && rows.done.has_value();
  });
}

sort::Status Ingest::add(const batch::SourceBatch& batch, const FileFacts& file,
                         std::span<uint8_t> status) {
  if (status.size() != batch.rows()) return sort::failure(sort::Code::kBadArgument);
  if (batch.rows() == 0) return {};
  sort::Status added = encoded_.encode(batch, file, options_, &mark_.passed);
  if (!added.ok()) return added;
  advance(batch, file);
  const Stopwatch watch(&sort_ns_);
  added = add_keys(batch, file);
  for (size_t order = 0; order < kOrders && added.ok(); ++order) {
    if (rows_[order].sorter == nullptr) continue;
    added = add_rows(static_cast<Order>(order), batch, file);
  }
  const PreparedRows& rows = encoded_.rows();
  for (size_t row = 0; row < status.size(); ++row) {
    status[row] = rows.is_selected[row] != 0 ? rows.status[row] : uint8_t{kRowOk};
  }
  return added;
}

void Ingest::advance(const batch::SourceBatch& batch, const FileFacts& file) {
  const PreparedRows& rows = encoded_.rows();
  mark_.file = file.number;
  mark_.has_rowid = 1;
  mark_.rowid = batch.rowids()[batch.rows() - 1];
  mark_.rows += batch.rows();
  mark_.unreadable_created += rows.unreadable_created;
  mark_.envelope_bytes += encoded_.envelope_bytes();
  for (size_t row = 0; row < batch.rows(); ++row) {
    if (rows.is_selected[row] == 0) continue;
    ++mark_.selected;
    mark_.rejected += rows.status[row] != kRowOk ? 1 : 0;
  }
}

sort::Status Ingest::add_keys(const batch::SourceBatch& batch, const FileFacts& file) {
  if (!keys_.done) return {};
  const size_t bytes = batch.rows() * derive::kMaxFixedBytes + id_bytes_of(batch);
  if (!records_.begin(batch.rows(), derive::kPreorderKeyBytes, bytes))
    return sort::failure(sort::Code::kNoMemory, bytes);
  const PreparedRows& rows = encoded_.rows();
  const uint8_t* const id_kinds = batch.kinds(batch::kIdColumn);
  const uint64_t* const id_slots = batch.slots(batch::kIdColumn);
  for (size_t row = 0; row < batch.rows(); ++row) {
    if (rows.has_key[row] == 0 || keys_.done->covers(file.number, batch.rowids()[row])) {
      continue;
    }
    derive::KeyRecord record;
    // Of a row that is rejected only the cell counts.
    record.has_material = rows.status[row] == kRowOk && rows.no_material[row] == 0;
    record.material = rows.materials[row];
    record.has_created = rows.has_created[row] != 0;
    record.created_us = rows.created_us[row];
    record.is_loadable = rows.is_selected[row] != 0 && rows.status[row] == kRowOk;
    record.file = file.number;
    record.rowid = batch.rowids()[row];
    set_id(&record, id_kinds[row], id_slots[row], batch.bytes());
    derive::pack_preorder_key(rows.key(row), records_.key());
    records_.add(derive::pack(record, records_.payload()));
  }
  return put(&keys_);
}

sort::Status Ingest::add_rows(Order order, const batch::SourceBatch& batch, const FileFacts& file) {
  Sort& sort = rows_[static_cast<size_t>(order)];
  if (!sort.done) return {};
  const PreparedRows& rows = encoded_.rows();
  keys_in_order_.clear();
  const size_t room = encoded_.envelope_bytes() + batch.rows() * kRowHeadBytes;
  if (!records_.begin(batch.rows(), order_key_bytes(order), room))
    return sort::failure(sort::Code::kNoMemory, room);
  for (size_t row = 0; row < batch.rows(); ++row) {
    if (!encoded_.is_to_be_sent(row) || sort.done->covers(file.number, batch.rowids()[row])) {
      continue;
    }
    const int64_t millis = derive::last_modified_ms(rows.created_us[row]);
    uint8_t* const to = records_.payload();
    pack(RowHead{batch.rowids()[row], millis, file.number, rows.materials[row],
                 rows.no_material[row]},
         to);
    const std::span<const uint8_t> envelope = encoded_.envelope(row);
    std::memcpy(to + kRowHeadBytes, envelope.data(), envelope.size());
    keys_in_order_.push_back(rows.key(row));
    records_.add(to + kRowHeadBytes + envelope.size());
  }
  pack_order_keys(order, keys_in_order_, records_.keys());
  return put(&sort);
}

// A batch that holds nothing for this sort still moves its mark; but never back,
// where an earlier process got further with this sort than with another.
sort::Status Ingest::put(Sort* sort) {
  if (!is_before(*sort->done, mark_)) return {};
  return sort->sorter->add(records_.view(), bytes_of(mark_));
}

sort::Status Ingest::spill() {
  sort::Status status = keys_.done ? keys_.sorter->spill() : sort::Status{};
  for (Sort& rows : rows_) {
    if (rows.sorter != nullptr && rows.done && status.ok()) status = rows.sorter->spill();
  }
  return status;
}

sort::Status Ingest::finish() {
  sort::Status status = keys_.sorter->finish({});
  for (Sort& rows : rows_) {
    if (rows.sorter != nullptr && status.ok())
      status = rows.sorter->finish({.cursors = options_.cursors});
  }
  return status;
}

}  // namespace octoload::load
