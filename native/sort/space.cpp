#include "space.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>

#include "file.h"

namespace octoload::sort {
namespace {

constexpr uint64_t divide_up(uint64_t a, uint64_t b) noexcept { return a / b + (a % b != 0); }

uint64_t runs_of(const Options& options, uint64_t records, uint64_t payload_bytes) noexcept {
  const uint64_t memory = options.memory_bytes - options.writing_bytes();
  const uint64_t a_run =
      std::max<uint64_t>(1, memory / Arena::bytes_of(options.key_bytes, payload_bytes));
  // A spill comes before the batch that would not fit: a run is not quite full.
  return divide_up(records, a_run) * 5 / 4 + 1;
}

}  // namespace

uint64_t estimate_disk_bytes(const Options& options, uint64_t records,
                             uint64_t payload_bytes) noexcept {
  const uint64_t record = options.key_bytes + kSizeBytes + payload_bytes;
  const uint64_t a_block =
      std::max<uint64_t>(1, (options.block_bytes - kBlockHeaderBytes) / record);
  const uint64_t runs = runs_of(options, records, payload_bytes);
  // Payloads of mixed sizes fill blocks less well than equal ones: twice as many.
  const uint64_t blocks = 2 * divide_up(records, a_block) + runs;
  const uint64_t a_run = kHeaderBytes + kFooterBytes + options.identity.size() + kMaxMarkBytes;
  const uint64_t bytes = records * record + runs * a_run +
                         blocks * (kBlockHeaderBytes + index_entry_bytes(options.key_bytes));
  const uint64_t readable =
      std::min<uint64_t>(kMaxMergedRuns, options.memory_bytes / options.block_bytes);
  return runs > readable ? 2 * bytes : bytes;
}

Status check_free_space(const std::string& folder, uint64_t bytes) {
  struct statvfs facts;
  if (statvfs(folder.c_str(), &facts) != 0) return system_failure(Code::kFolderFailed, folder);
  const uint64_t free = uint64_t{facts.f_bavail} * facts.f_frsize;
  return free >= bytes ? Status{} : failure(Code::kNotEnoughSpace, free, folder);
}

}  // namespace octoload::sort
