// A sorter's folder in the tests: its options, and its files byte by byte.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "../../native/sort/sorter.h"
#include "check.h"
#include "sort_records.h"

namespace octoload::test {

using Bytes = std::vector<uint8_t>;

inline Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

// Under a new inode: some file systems sync one that is written over.
inline void write_file(const std::string& path, const Bytes& bytes) {
  std::filesystem::remove(path);
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

inline sort::Options options_of(const ScratchFolder& scratch) {
  sort::Options options;
  options.folder = scratch.path("sort");
  options.identity = "source 1, by token";
  options.key_bytes = 16;
  options.memory_bytes = sort::kMinMemoryBytes;
  options.block_bytes = sort::kMinBlockBytes;
  return options;
}

inline std::unique_ptr<sort::Sorter> open_sorter(const sort::Options& options) {
  std::unique_ptr<sort::Sorter> sorter;
  CHECK(sort::Sorter::open(options, &sorter).ok());
  return sorter;
}

}  // namespace octoload::test
