#include "deriver.h"

#include "collision_order.h"
#include "histogram.h"
#include "key_record.h"

namespace octoload::derive {
namespace {

constexpr size_t kMaxOpenCells = kMaxLevel + 1;

// A row whose cell may still get rows inside it.
struct OpenCell {
  Wide key = 0;
  int64_t rowid = 0;
  uint32_t file = 0;
  Material material;  // its own, or that of the nearest row around it
  uint8_t children_mask = 0;
  bool is_orphan = false;
  bool is_leaf = true;
  Histogram leaves;  // of those inside it
};

// Which of its parent's eight children the cell is.
unsigned octant_of(Wide key) noexcept {
  return static_cast<unsigned>(key >> code_shift(level_of(key))) & 7;
}

// In cells of level 26.
Wide volume_of(Wide key) noexcept { return Wide{1} << (3 * (kMaxLevel - level_of(key))); }

bool are_fitting(std::span<const uint8_t> keys, std::span<const uint64_t> offsets,
                 std::span<const uint8_t> payloads) noexcept {
  if (keys.size() % kPreorderKeyBytes != 0) return false;
  if (offsets.size() != keys.size() / kPreorderKeyBytes + 1) return false;
  for (size_t i = 1; i < offsets.size(); ++i) {
    if (offsets[i] < offsets[i - 1]) return false;
  }
  return offsets.back() <= payloads.size();
}

}  // namespace

class Deriver::State {
 public:
  explicit State(const Options& options) : options_(options) {}

  Status add(std::span<const uint8_t> keys, std::span<const uint64_t> offsets,
             std::span<const uint8_t> payloads, Results* results);
  Status finish(Results* results);

  const Counts& counts() const noexcept { return counts_; }
  uint64_t records() const noexcept { return records_; }
  const TopmostCells& topmost_cells() const noexcept { return topmost_cells_; }

 private:
  struct Loser {
    int64_t rowid;
    uint32_t file;
    bool is_loadable;
  };

  Status take(const uint8_t* key, std::span<const uint8_t> payload, Results* results);
  void contend(const KeyRecord& record, Results* results);
  void name_losers(Results* results);
  void keep_id_bytes();
  Status settle(Results* results);
  void open(Wide key, const KeyRecord& row) noexcept;
  Status close(Results* results);
  Status hand_up(OpenCell& cell, OpenCell& outer) noexcept;
  void emit(const OpenCell& cell, Results* results);
  void count_tile(const envelope::RowKey& key) noexcept;

  // The tile of a level's last row, and its rows so far.
  struct OpenTile {
    uint64_t tile = 0;
    uint64_t rows = 0;
  };

  Options options_;
  Status failed_ = Status::kOk;
  Counts counts_;
  TopmostCells topmost_cells_;
  std::array<OpenTile, kMaxLevel + 1> tiles_{};
  uint64_t records_ = 0;

  // The rows of the last key so far: the one ahead, and those it beat.
  bool has_leader_ = false;
  Wide leader_key_ = 0;
  KeyRecord leader_;
  std::vector<uint8_t> leader_id_;  // its Id's bytes, between two calls
  std::vector<Loser> losers_;

  std::array<OpenCell, kMaxOpenCells> cells_;  // each inside the one before it
  size_t open_cells_ = 0;
  size_t materials_ = 0;  // in the histograms of the open cells
};

Status Deriver::State::add(std::span<const uint8_t> keys, std::span<const uint64_t> offsets,
                           std::span<const uint8_t> payloads, Results* results) {
  if (failed_ != Status::kOk) return failed_;
  if (!are_fitting(keys, offsets, payloads)) return failed_ = Status::kBadSpans;
  for (size_t i = 0; i + 1 < offsets.size(); ++i) {
    const auto payload = payloads.subspan(static_cast<size_t>(offsets[i]),
                                          static_cast<size_t>(offsets[i + 1] - offsets[i]));
    failed_ = take(&keys[i * kPreorderKeyBytes], payload, results);
    if (failed_ != Status::kOk) return failed_;
    ++records_;
  }
  keep_id_bytes();
  return Status::kOk;
}

Status Deriver::State::finish(Results* results) {
  if (failed_ != Status::kOk) return failed_;
  failed_ = settle(results);
  while (failed_ == Status::kOk && open_cells_ != 0) failed_ = close(results);
  if (failed_ != Status::kOk) return failed_;
  failed_ = Status::kFinished;
  return Status::kOk;
}

Status Deriver::State::take(const uint8_t* key_bytes, std::span<const uint8_t> payload,
                            Results* results) {
  const Wide key = load_preorder_key(key_bytes);
  if (!is_preorder_key(key)) return Status::kBadKey;
  KeyRecord record;
  if (!unpack(payload, &record)) return Status::kBadPayload;
  if (has_leader_) {
    if (key < leader_key_) return Status::kOutOfOrder;
    if (key == leader_key_) {
      contend(record, results);
      return Status::kOk;
    }
    if (const Status status = settle(results); status != Status::kOk) return status;
  }
  has_leader_ = true;
  leader_key_ = key;
  leader_ = record;
  return Status::kOk;
}

void Deriver::State::contend(const KeyRecord& record, Results* results) {
  const bool is_ahead = wins_over(record, leader_);
  const KeyRecord& loser = is_ahead ? leader_ : record;
  losers_.push_back({loser.rowid, loser.file, loser.is_loadable});
  if (is_ahead) leader_ = record;
  if (losers_.size() >= kMaxHeldLosers) name_losers(results);
}

void Deriver::State::name_losers(Results* results) {
  for (const Loser& loser : losers_) {
    results->collisions.push_back({row_key_of(leader_key_), loser.rowid, leader_.rowid, loser.file,
                                   leader_.file, loser.is_loadable});
  }
  counts_.collisions += losers_.size();
  losers_.clear();
}

// The leader's Id points into the caller's payloads, which he may now reuse.
void Deriver::State::keep_id_bytes() {
  if (leader_.id_bytes.empty() || leader_.id_bytes.data() == leader_id_.data()) return;
  leader_id_.assign(leader_.id_bytes.begin(), leader_.id_bytes.end());
  leader_.id_bytes = leader_id_;
}

// No more rows of the last key: its winner takes its place in the tree.
Status Deriver::State::settle(Results* results) {
  if (!has_leader_) return Status::kOk;
  has_leader_ = false;
  if (!losers_.empty()) name_losers(results);
  while (open_cells_ != 0 && !is_inside(leader_key_, cells_[open_cells_ - 1].key)) {
    if (const Status status = close(results); status != Status::kOk) return status;
  }
  if (open_cells_ == 0) topmost_cells_.add(leader_key_);
  open(leader_key_, leader_);
  return Status::kOk;
}

void Deriver::State::open(Wide key, const KeyRecord& row) noexcept {
  OpenCell& cell = cells_[open_cells_];
  OpenCell* const outer = open_cells_ == 0 ? nullptr : &cells_[open_cells_ - 1];
  ++open_cells_;
  const unsigned level = level_of(key);
  const bool has_parent = outer != nullptr && level_of(outer->key) + 1 == level;
  cell.key = key;
  cell.rowid = row.rowid;
  cell.file = row.file;
  cell.material = {row.material, row.has_material};
  if (!row.has_material && outer != nullptr) cell.material = outer->material;
  cell.children_mask = 0;
  cell.is_orphan = level != 0 && !has_parent;
  cell.is_leaf = true;
  if (outer != nullptr) outer->is_leaf = false;
  if (has_parent) outer->children_mask |= static_cast<uint8_t>(1u << octant_of(key));
}

// The innermost cell has all its rows.
Status Deriver::State::close(Results* results) {
  OpenCell& cell = cells_[--open_cells_];
  emit(cell, results);
  if (open_cells_ != 0) return hand_up(cell, cells_[open_cells_ - 1]);
  materials_ -= cell.leaves.materials();
  cell.leaves.clear();
  return Status::kOk;
}

// The leaves of a cell are leaves of the next open one around it too.
Status Deriver::State::hand_up(OpenCell& cell, OpenCell& outer) noexcept {
  const size_t before = cell.leaves.materials() + outer.leaves.materials();
  const bool is_done = cell.is_leaf ? outer.leaves.add(cell.material, volume_of(cell.key))
                                    : outer.leaves.take_all(cell.leaves);
  if (!is_done) return Status::kNoMemory;
  materials_ = materials_ - before + outer.leaves.materials();
  return materials_ > options_.max_materials ? Status::kTooManyMaterials : Status::kOk;
}

void Deriver::State::emit(const OpenCell& cell, Results* results) {
  const envelope::RowKey key = row_key_of(cell.key);
  const float homogeneity = cell.is_leaf ? 1.0f : cell.leaves.homogeneity();
  results->rows.push_back(
      {key, cell.rowid, cell.file, homogeneity, cell.children_mask, cell.is_orphan});
  ++counts_.rows;
  ++counts_.rows_by_level[key.level];
  if (cell.is_orphan) ++counts_.orphans;
  count_tile(key);
}

// A tile's rows are the rows of one level inside one cell: they come after each
// other, rows of other levels left aside.
void Deriver::State::count_tile(const envelope::RowKey& key) noexcept {
  OpenTile& open = tiles_[key.level];
  if (open.rows == 0 || open.tile != key.tile) {
    ++counts_.tiles_by_level[key.level];
    open = {key.tile, 0};
  }
  ++open.rows;
  if (open.rows > counts_.rows_in_largest_tile) counts_.rows_in_largest_tile = open.rows;
}

Deriver::Deriver(const Options& options) : state_(std::make_unique<State>(options)) {}
Deriver::~Deriver() = default;

Status Deriver::add(std::span<const uint8_t> keys, std::span<const uint64_t> offsets,
                    std::span<const uint8_t> payloads, Results* results) {
  return state_->add(keys, offsets, payloads, results);
}
Status Deriver::finish(Results* results) { return state_->finish(results); }
const Counts& Deriver::counts() const noexcept { return state_->counts(); }
uint64_t Deriver::records() const noexcept { return state_->records(); }
const TopmostCells& Deriver::topmost_cells() const noexcept { return state_->topmost_cells(); }

}  // namespace octoload::derive
