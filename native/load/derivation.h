// Derives the columns of a whole source from its sorted keys, and sorts what
// was derived into the orders of the sinks, where it meets the rows again.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "../derive/deriver.h"
#include "../sort/sorter.h"
#include "order_key.h"
#include "survey.h"

namespace octoload::load {

struct DerivationOptions {
  std::string folder;
  std::string identity;
  uint64_t memory_bytes = 0;           // for reading the keys and for the sorts together
  std::array<bool, kOrders> orders{};  // none: only counts and survey are wanted
  size_t cursors = 1;                  // that will read an order at once and share its memory
};

// How a step went: either part may have failed.
struct StepStatus {
  sort::Status sort;
  derive::Status derive = derive::Status::kOk;
  bool ok() const noexcept { return sort.ok() && derive == derive::Status::kOk; }
};

class Derivation {
 public:
  // Takes up what an earlier process finished; what it had not is done again.
  static sort::Status open(const DerivationOptions& options,
                           std::unique_ptr<Derivation>* derivation);

  // All results are in durable runs: no step() is needed, and counts and survey
  // are empty.
  bool has_all_input() const noexcept;

  // Reads the next keys, `max_records` at most. At the end `*is_done`, and
  // finish() is what is left to do. The collisions found are in collisions()
  // until the next call.
  StepStatus step(const sort::Sorter& keys, size_t max_records, bool* is_done);
  sort::Status finish();

  const std::vector<derive::Collision>& collisions() const noexcept { return results_.collisions; }
  const derive::Counts& counts() const noexcept { return deriver_.counts(); }
  uint64_t records() const noexcept { return deriver_.records(); }
  const derive::TopmostCells& topmost_cells() const noexcept { return deriver_.topmost_cells(); }
  const Survey& survey() const noexcept { return survey_; }
  const sort::Sorter* derived(Order order) const noexcept {
    return derived_[static_cast<size_t>(order)].get();
  }

 private:
  explicit Derivation(const DerivationOptions& options) : options_(options) {}
  sort::Status read_keys(const sort::Sorter& keys, size_t max_records, size_t* count);
  void observe(size_t count);
  bool has_sorts() const noexcept;
  sort::Status sort_results();
  void pack_keys(Order order);

  DerivationOptions options_;
  std::array<std::unique_ptr<sort::Sorter>, kOrders> derived_;
  std::unique_ptr<sort::Cursor> cursor_;
  derive::Deriver deriver_;
  derive::Results results_;
  Survey survey_;
  std::vector<uint8_t> keys_, payloads_, record_keys_, record_bytes_;
  std::vector<uint64_t> offsets_, record_offsets_;
  std::vector<envelope::RowKey> row_keys_;
};

}  // namespace octoload::load
