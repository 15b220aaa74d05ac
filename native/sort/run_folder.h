// The folder of one sort: its lock, the names in it, what a crash left.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "status.h"

namespace octoload::sort {

// Which spills a run holds; its name says so.
struct RunName {
  uint32_t first;
  uint32_t last;
};

class RunFolder {
 public:
  RunFolder() = default;
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  ~RunFolder();

  // Makes the folder (0700) if it is missing, not its parents, and locks it
  // until this object or the process goes.
  Status open(std::string path);

  struct Listing {
    std::vector<RunName> runs;        // complete; by first spill, larger ones first
    std::vector<RunName> unfinished;  // being written when a sort ended
  };
  // Other files in the folder are left alone, here and everywhere.
  Status list(Listing* listing) const;

  Status sync() const;                 // makes names that were added or removed survive a power cut
  Status publish(RunName name) const;  // from the temporary to the final name
  Status remove(RunName name) const;
  Status remove_unfinished(const std::vector<RunName>& names) const;

  const std::string& path() const noexcept { return path_; }
  std::string path_of(RunName name) const { return path_ + "/" + file_name(name, ".sorted"); }
  std::string temporary_path_of(RunName name) const {
    return path_ + "/" + file_name(name, ".tmp");
  }

 private:
  static std::string file_name(RunName name, const char* ending);

  int descriptor_ = -1;
  std::string path_;
};

}  // namespace octoload::sort
