// Writes one run file (run_layout.h): under a temporary name, synced, then
// renamed. Until finish() has succeeded the folder is as it was before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "append_file.h"
#include "run_folder.h"
#include "run_layout.h"
#include "status.h"

namespace octoload::sort {

class RunWriter {
 public:
  explicit RunWriter(const RunFolder& folder) noexcept : folder_(folder) {}
  RunWriter(const RunWriter&) = delete;
  RunWriter& operator=(const RunWriter&) = delete;
  ~RunWriter();  // removes what was not finished

  // What it takes besides the index of blocks and the buffer of direct writes.
  static constexpr uint64_t staging_bytes(size_t block_bytes) noexcept {
    return 2 * uint64_t{block_bytes};
  }

  // `direct_bytes`: of the writes past the system's cache; 0: none.
  Status begin(const RunHeader& header, uint64_t direct_bytes);

  // Keys must not descend. false: see status(); nothing more can be appended.
  bool append(const uint8_t* key, const uint8_t* payload, uint32_t payload_bytes) noexcept {
    const uint64_t bytes = key_bytes_ + kSizeBytes + payload_bytes;
    if (staged_bytes_ + bytes > header_.block_bytes && !make_room(key, payload, payload_bytes)) {
      return false;
    }
    if (payload_bytes > direct_bytes_) return true;  // written by make_room()
    stage(key, payload, payload_bytes);
    return true;
  }
  const Status& status() const noexcept { return status_; }

  Status finish(std::span<const uint8_t> identity, std::span<const uint8_t> mark, uint32_t flags);

 private:
  void stage(const uint8_t* key, const uint8_t* payload, uint32_t payload_bytes) noexcept;
  bool make_room(const uint8_t* key, const uint8_t* payload, uint32_t payload_bytes) noexcept;
  bool write_staged() noexcept;
  bool write_block(const uint8_t* keys, const uint8_t* sizes, uint32_t records,
                   const uint8_t* payloads, uint32_t payload_bytes) noexcept;
  Status write_tail(std::span<const uint8_t> identity, std::span<const uint8_t> mark,
                    uint32_t flags);

  const RunFolder& folder_;
  AppendFile file_;
  RunHeader header_ = {};
  RunFooter footer_ = {};
  size_t key_bytes_ = 0;
  size_t direct_bytes_ = 0;  // larger payloads go past the staging
  bool is_open_ = false;
  Status status_;

  std::unique_ptr<uint8_t[]> staging_;  // three regions: keys, sizes, payloads
  uint8_t* keys_ = nullptr;
  uint8_t* sizes_ = nullptr;
  uint8_t* payloads_ = nullptr;
  uint64_t staged_bytes_ = kBlockHeaderBytes;  // the block's size, were it closed now
  uint32_t staged_records_ = 0;
  uint32_t staged_payload_bytes_ = 0;

  std::vector<uint8_t> index_;  // the tail's lines so far
};

}  // namespace octoload::sort
