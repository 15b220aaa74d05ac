#include "merge.h"

#include <algorithm>
#include <cstring>

#include "../token/murmur3.h"

namespace octoload::validate {
namespace {

constexpr size_t kTokensAtOnce = 256;
constexpr uint64_t kSignBit = uint64_t{1} << 63;

bool is_node(load::Order order) noexcept {
  return order == load::Order::kNode || order == load::Order::kNodeToken;
}

// The keys of one side's block, row after row.
class Keys {
 public:
  Keys(const Side& side, load::Order order) noexcept
      : rows_(side.batch), order_(order), at_(side.at) {
    if (has_row()) load_key();
  }

  bool has_row() const noexcept { return at_ < rows_.rows; }
  size_t at() const noexcept { return at_; }
  const OrderedKey& key() const noexcept { return key_; }
  void advance() noexcept {
    ++at_;
    if (has_row()) load_key();
  }

 private:
  // A stored partition key compares by its bytes, a clustering key as a signed number.
  void load_key() noexcept {
    const uint64_t tile = rows_.tiles[at_], cell = rows_.cells[at_], level = rows_.levels[at_];
    const uint64_t token = load::has_token(order_) ? ordered_token() : 0;
    if (is_node(order_)) {
      key_ = {token, tile, cell, level ^ 0x80};
    } else {
      key_ = {token, level, tile, cell ^ 0x8000};
    }
  }

  uint64_t ordered_token() noexcept {
    if (at_ >= tokens_end_) find_tokens();
    return static_cast<uint64_t>(tokens_[at_ - tokens_begin_]) ^ kSignBit;
  }

  void find_tokens() noexcept {
    const size_t count = std::min(kTokensAtOnce, rows_.rows - at_);
    tokens_begin_ = at_;
    tokens_end_ = at_ + count;
    if (!is_node(order_)) {
      return token::of_tiles(rows_.levels + at_, 0, rows_.tiles + at_, count, tokens_);
    }
    uint64_t codes[kTokensAtOnce];
    for (size_t i = 0; i < count; ++i) {
      codes[i] = rows_.tiles[at_ + i] << 15 | rows_.cells[at_ + i];
    }
    token::of_bigints(codes, count, tokens_);
  }

  const batch::SinkBatch& rows_;
  const load::Order order_;
  size_t at_;
  OrderedKey key_{};
  size_t tokens_begin_ = 0, tokens_end_ = 0;
  int64_t tokens_[kTokensAtOnce];
};

bool is_same_material(const batch::SinkBatch& source, size_t i, const batch::SinkBatch& target,
                      size_t j) noexcept {
  const unsigned flags = target.no_materials[j] & (batch::kNoMaterial | batch::kUnfitMaterial);
  if (source.no_materials[i] != 0) return flags == batch::kNoMaterial;
  return flags == 0 && source.materials[i] == target.materials[j];
}

bool is_same_envelope(const batch::SinkBatch& source, size_t i, const batch::SinkBatch& target,
                      size_t j) noexcept {
  const size_t begin = source.offsets[i], size = source.offsets[i + 1] - begin;
  const size_t target_begin = target.offsets[j];
  return size == target.offsets[j + 1] - target_begin &&
         std::memcmp(source.bytes.data() + begin, target.bytes.data() + target_begin, size) == 0;
}

uint32_t differing_columns(const batch::SinkBatch& source, size_t i, const batch::SinkBatch& target,
                           size_t j) noexcept {
  const unsigned flags = target.no_materials[j];
  uint32_t columns = 0;
  if (!is_same_material(source, i, target, j)) columns |= kMaterialDiffers;
  // By its bits: -0 is not 0.
  if ((flags & batch::kNoHomogeneity) != 0 ||
      std::memcmp(source.homogeneities + i, target.homogeneities + j, sizeof(float)) != 0) {
    columns |= kHomogeneityDiffers;
  }
  if ((flags & batch::kNoMask) != 0 || source.masks[i] != target.masks[j]) columns |= kMaskDiffers;
  if ((flags & batch::kNoEnvelope) != 0 || !is_same_envelope(source, i, target, j)) {
    columns |= kEnvelopeDiffers;
  }
  if ((flags & batch::kNoLastModified) != 0 || source.last_modified[i] != target.last_modified[j]) {
    columns |= kLastModifiedDiffers;
  }
  return columns;
}

// Passes the row that `keys` is at. False: its key is not above the last one.
bool pass(Keys* keys, OrderedKey* last, uint64_t* has_last) noexcept {
  if (*has_last != 0 && keys->key() <= *last) return false;
  *last = keys->key();
  *has_last = 1;
  keys->advance();
  return true;
}

class Merge {
 public:
  Merge(const Side& source, const Side& target, const MergeOptions& options, MergeState* state,
        const FindingTable& table) noexcept
      : source_(source),
        target_(target),
        options_(options),
        state_(state),
        table_(table),
        ours_(source, options.order),
        theirs_(target, options.order) {}

  MergeStep run() noexcept {
    while (true) {
      if (!ours_.has_row() && !source_.is_end) return end(MergeCode::kNeedsSource);
      if (!theirs_.has_row() && !target_.is_end) return end(MergeCode::kNeedsTarget);
      if (!ours_.has_row() && !theirs_.has_row()) return end(MergeCode::kDone);
      if (step_.found == table_.capacity) return end(MergeCode::kTableFull);
      const int order = compare();
      const size_t i = ours_.at(), j = theirs_.at();
      if (order <= 0 && !pass(&ours_, &state_->last_source, &state_->has_source)) {
        return end(MergeCode::kSourceOutOfOrder);
      }
      if (order >= 0 && !pass(&theirs_, &state_->last_target, &state_->has_target)) {
        return end(MergeCode::kTargetOutOfOrder);
      }
      judge(order, i, j);
    }
  }

 private:
  // Below 0: the source's row comes first.
  int compare() const noexcept {
    if (!ours_.has_row()) return 1;
    if (!theirs_.has_row()) return -1;
    if (ours_.key() == theirs_.key()) return 0;
    return ours_.key() < theirs_.key() ? -1 : 1;
  }

  void judge(int order, size_t i, size_t j) noexcept {
    if (order > 0) return add(Kind::kExtra, 0, j, 0);
    if (order < 0) {
      if (source_.batch.levels[i] > options_.max_level) {
        ++step_.too_deep;
        return;
      }
      return add(Kind::kMissing, i, 0, 0);
    }
    const uint32_t columns = differing_columns(source_.batch, i, target_.batch, j);
    if (columns != 0) return add(Kind::kDifferent, i, j, columns);
    ++step_.equal;
  }

  void add(Kind kind, size_t i, size_t j, uint32_t columns) noexcept {
    table_.kinds[step_.found] = static_cast<uint32_t>(kind);
    table_.source_rows[step_.found] = static_cast<uint32_t>(i);
    table_.target_rows[step_.found] = static_cast<uint32_t>(j);
    table_.columns[step_.found] = columns;
    ++step_.found;
  }

  MergeStep end(MergeCode code) noexcept {
    step_.code = code;
    step_.source_at = ours_.at();
    step_.target_at = theirs_.at();
    return step_;
  }

  const Side& source_;
  const Side& target_;
  const MergeOptions options_;
  MergeState* const state_;
  const FindingTable& table_;
  Keys ours_, theirs_;
  MergeStep step_;
};

}  // namespace

MergeStep merge(const Side& source, const Side& target, const MergeOptions& options,
                MergeState* state, const FindingTable& table) noexcept {
  return Merge(source, target, options, state, table).run();
}

}  // namespace octoload::validate
