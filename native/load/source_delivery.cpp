#include "source_delivery.h"

#include "../derive/created_time.h"
#include "sink_block.h"

namespace octoload::load {

sort::Status SourceDelivery::open(const sort::Sorter& derived, const EncodeOptions& options,
                                  const sort::Position* after,
                                  std::unique_ptr<SourceDelivery>* delivery) {
  std::unique_ptr<SourceDelivery> opened(new SourceDelivery(options));
  sort::Range range;
  if (after != nullptr) {
    opened->position_ = *after;
    range.lower = after->key;
  }
  sort::Status status = opened->derived_.open(derived, order_key_bytes(Order::kSource), range);
  if (!status.ok()) return status;
  *delivery = std::move(opened);
  return {};
}

sort::Status SourceDelivery::add(const batch::SourceBatch& batch, const FileFacts& file) {
  joined_.clear();
  block_bytes_ = 0;
  if (batch.rows() == 0) return {};
  sort::Status status = encoded_.encode(batch, file, options_, &position_.equal_keys);
  if (!status.ok()) return status;
  file_ = file.number;
  rowids_.assign(batch.rowids(), batch.rowids() + batch.rows());
  pack_source_key(file_, rowids_.back(), position_.key.data());
  return join();
}

// A row without derived columns of its own gave way to another one of its cell.
sort::Status SourceDelivery::join() {
  size_t bytes = 0;
  for (size_t row = 0; row < rowids_.size(); ++row) {
    if (!encoded_.is_to_be_sent(row)) continue;
    sort::Key key;
    pack_source_key(file_, rowids_[row], key.data());
    bool has_won = false;
    sort::Status status = derived_.find(key.data(), &has_won);
    if (!status.ok()) return status;
    if (!has_won) continue;
    const DerivedRecord derived = derived_.record();
    joined_.push_back({static_cast<uint32_t>(row), derived.homogeneity, derived.children_mask});
    bytes += encoded_.envelope(row).size();
  }
  block_bytes_ = batch::SinkLayout(joined_.size()).bytes + bytes;
  return {};
}

sort::Status SourceDelivery::write(std::span<uint8_t> block) const {
  if (block.size() < block_bytes_) {
    return sort::failure(sort::Code::kOutputTooSmall, block_bytes_);
  }
  SinkBlock out(block, joined_.size());
  const PreparedRows& rows = encoded_.rows();
  for (const Joined& joined : joined_) {
    const size_t row = joined.row;
    out.add({.key = rows.key(row),
             .rowid = rowids_[row],
             .last_modified = derive::last_modified_ms(rows.created_us[row]),
             .file = file_,
             .material = rows.materials[row],
             .no_material = rows.no_material[row],
             .children_mask = joined.children_mask,
             .homogeneity = joined.homogeneity,
             .envelope = encoded_.envelope(row)});
  }
  out.finish();
  return {};
}

}  // namespace octoload::load
