// What a sort will take on disk, and whether it is there.
#pragma once

#include <cstdint>
#include <string>

#include "sorter.h"
#include "status.h"

namespace octoload::sort {

// An upper bound of the bytes on disk for `records` of `payload_bytes` each on
// average, marks included, where batches are small beside the memory. Doubled
// where runs have to be merged before they can be read.
uint64_t estimate_disk_bytes(const Options& options, uint64_t records,
                             uint64_t payload_bytes) noexcept;

// kNotEnoughSpace unless the file system of `folder` (which exists) has
// `bytes` free for this user. Others may take them meanwhile.
Status check_free_space(const std::string& folder, uint64_t bytes);

}  // namespace octoload::sort
