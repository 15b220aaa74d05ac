// Names of unmapped columns by the numbers that envelopes hold: what the
// target's meta table says, in the order that canonical bytes want.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace octoload::digest {

class ColumnNames {
 public:
  // `names`: as the set orders its columns.
  ColumnNames(uint32_t number, std::vector<std::string> names)
      : number_(number), names_(std::move(names)) {
    for (uint32_t column = 0; column < names_.size(); ++column) by_name_.push_back(column);
    // std::string compares as unsigned bytes.
    std::sort(by_name_.begin(), by_name_.end(),
              [this](uint32_t a, uint32_t b) { return names_[a] < names_[b]; });
  }

  uint32_t number() const noexcept { return number_; }
  size_t count() const noexcept { return names_.size(); }
  const std::string& name(uint32_t column) const noexcept { return names_[column]; }
  // The columns, ascending by their names' bytes.
  const std::vector<uint32_t>& by_name() const noexcept { return by_name_; }

 private:
  uint32_t number_;
  std::vector<std::string> names_;
  std::vector<uint32_t> by_name_;
};

}  // namespace octoload::digest
