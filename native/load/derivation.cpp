#include "derivation.h"

#include <algorithm>

#include "../derive/key_record.h"
#include "records.h"

namespace octoload::load {
namespace {

constexpr const char* kDerivedFolders[kOrders] = {
    "derived-node", "derived-tile", "derived-node-token", "derived-tile-token", "derived-source"};
constexpr uint32_t kBlockBytes = 256u << 10;
constexpr size_t kFirstPayloadBytes = size_t{1} << 20;

// A sort that was not finished begins again: deriving reads all keys anyway.
sort::Status open_sort(const sort::Options& options, std::unique_ptr<sort::Sorter>* sorter) {
  sort::Status status = sort::Sorter::open(options, sorter);
  if (!status.ok() || (*sorter)->runs().empty() || (*sorter)->has_all_input()) return status;
  sorter->reset();
  status = sort::Sorter::discard(options.folder);
  return status.ok() ? sort::Sorter::open(options, sorter) : status;
}

}  // namespace

sort::Status Derivation::open(const DerivationOptions& options,
                              std::unique_ptr<Derivation>* derivation) {
  std::unique_ptr<Derivation> opened(new Derivation(options));
  const auto orders =
      static_cast<uint64_t>(std::count(options.orders.begin(), options.orders.end(), true));
  for (size_t order = 0; order < kOrders; ++order) {
    if (!options.orders[order]) continue;
    sort::Options sorting;
    sorting.folder = options.folder + "/" + kDerivedFolders[order];
    sorting.identity = options.identity + "\n" + kDerivedFolders[order];
    sorting.key_bytes = order_key_bytes(static_cast<Order>(order));
    sorting.memory_bytes = options.memory_bytes / orders;
    sorting.block_bytes = kBlockBytes;
    sort::Status status = open_sort(sorting, &opened->derived_[order]);
    if (!status.ok()) return status;
  }
  *derivation = std::move(opened);
  return {};
}

bool Derivation::has_all_input() const noexcept {
  if (!has_sorts()) return false;
  return std::all_of(derived_.begin(), derived_.end(), [](const auto& sorter) {
    return sorter == nullptr || sorter->has_all_input();
  });
}

StepStatus Derivation::step(const sort::Sorter& keys, size_t max_records, bool* is_done) {
  StepStatus status;
  results_.clear();
  size_t count = 0;
  status.sort = read_keys(keys, max_records, &count);
  if (!status.sort.ok()) return status;
  *is_done = count == 0;
  if (*is_done) {
    status.derive = deriver_.finish(&results_);
  } else {
    const std::span<const uint8_t> packed(keys_.data(), count * derive::kPreorderKeyBytes);
    const std::span<const uint64_t> offsets(offsets_.data(), count + 1);
    status.derive = deriver_.add(packed, offsets, payloads_, &results_);
    if (status.derive == derive::Status::kOk) observe(count);
  }
  if (status.ok()) status.sort = sort_results();
  return status;
}

sort::Status Derivation::read_keys(const sort::Sorter& keys, size_t max_records, size_t* count) {
  if (cursor_ == nullptr) {
    sort::Status status = keys.open_cursor({}, &cursor_);
    if (!status.ok()) return status;
    payloads_.resize(kFirstPayloadBytes);
  }
  keys_.resize(max_records * derive::kPreorderKeyBytes);
  offsets_.resize(max_records + 1);
  for (;;) {
    sort::Status status = cursor_->next({keys_, offsets_, payloads_}, count);
    if (status.code != sort::Code::kOutputTooSmall) return status;
    payloads_.resize(static_cast<size_t>(status.offset));
  }
}

void Derivation::observe(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    derive::KeyRecord record;
    const auto begin = static_cast<size_t>(offsets_[i]);
    const auto bytes = static_cast<size_t>(offsets_[i + 1]) - begin;
    // The deriver took it, so that it unpacks, and the key is one.
    if (!derive::unpack({payloads_.data() + begin, bytes}, &record)) continue;
    survey_.add(derive::load_preorder_key(keys_.data() + i * derive::kPreorderKeyBytes),
                record.has_material, record.material);
  }
}

bool Derivation::has_sorts() const noexcept {
  return std::any_of(derived_.begin(), derived_.end(),
                     [](const auto& sorter) { return sorter != nullptr; });
}

sort::Status Derivation::sort_results() {
  if (!has_sorts()) return {};
  const size_t count = results_.rows.size();
  record_bytes_.resize(count * kDerivedBytes);
  record_offsets_.resize(count + 1);
  row_keys_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    const derive::Derived& row = results_.rows[i];
    pack(DerivedRecord{row.rowid, row.file, row.homogeneity, row.children_mask},
         record_bytes_.data() + i * kDerivedBytes);
    record_offsets_[i + 1] = (i + 1) * kDerivedBytes;
    row_keys_[i] = row.key;
  }
  for (size_t order = 0; order < kOrders; ++order) {
    // One finished by an earlier process is complete: the same would come.
    if (derived_[order] == nullptr || derived_[order]->has_all_input()) continue;
    pack_keys(static_cast<Order>(order));
    sort::Status status = derived_[order]->add({record_keys_, record_offsets_, record_bytes_}, {});
    if (!status.ok()) return status;
  }
  return {};
}

void Derivation::pack_keys(Order order) {
  const size_t key_bytes = order_key_bytes(order);
  record_keys_.resize(row_keys_.size() * key_bytes);
  if (order != Order::kSource) return pack_order_keys(order, row_keys_, record_keys_.data());
  uint8_t* to = record_keys_.data();
  for (const derive::Derived& row : results_.rows) {
    pack_source_key(row.file, row.rowid, to);
    to += key_bytes;
  }
}

sort::Status Derivation::finish() {
  cursor_.reset();
  for (auto& sorter : derived_) {
    if (sorter == nullptr) continue;
    sort::Status status = sorter->finish({.cursors = options_.cursors});
    if (!status.ok()) return status;
  }
  return {};
}

}  // namespace octoload::load
