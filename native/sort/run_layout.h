// The run file: one sorted run on disk. All numbers are little-endian and
// unsigned; checksums are CRC-32C; W is the key width (8, 16 or 24).
//
//   header       32 bytes at 0
//     0  8 bytes magic "OCTOSORT"
//     8  u32     format version, 1
//    12  u32     W
//    16  u32     first and
//    20  u32     last spill it holds: spills are numbered from 1 on; a merged
//                run holds several
//    24  u32     target size of a block in bytes
//    28  u32     checksum of bytes 0..27
//   blocks       one after the other, each
//     0  u32     checksum of the rest of the block
//     4  u32     number of the block in this file, from 0
//     8  u32     n, records in it, at least 1
//    12  u32     p, payload bytes in it
//    16  n x W   keys, ascending
//        n x u32 sizes of the payloads
//        p bytes the payloads
//   tail         for each block: u64 offset, u32 n, u32 p, W bytes first key;
//                then the sort's identity and the run's mark, bytes of the caller
//   footer       64 bytes, the last ones
//     0  u64     records in the file
//     8  u64     payload bytes in the file
//    16  u64     where the tail begins
//    24  u64     size of the file
//    32  u32     number of blocks
//    36  u32     size of the largest block
//    40  u32     size of the identity
//    44  u32     size of the mark
//    48  u32     flags: bit 0, the last run: all input is in runs up to this one
//    52  u32     checksum of the tail
//    56  u32     checksum of bytes 0..55
//    60  4 bytes magic "END1"
//
// A block is closed before it would pass the target; a record that is larger
// alone has a block of its own. Keys never descend within a file; records of
// equal keys lie in their order of arrival.
//
// Name: run-FIRST-LAST.sorted, ten decimal digits each. While it is written it
// ends in .tmp instead. It is synced before it is renamed and the folder is
// after, so a .sorted file is complete. A run whose numbers lie within another
// one's was merged into it and may go.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../common/crc32c.h"
#include "key.h"

namespace octoload::sort {

static_assert(std::endian::native == std::endian::little, "words are copied as they stand");

inline constexpr char kMagic[8] = {'O', 'C', 'T', 'O', 'S', 'O', 'R', 'T'};
inline constexpr char kEndMagic[4] = {'E', 'N', 'D', '1'};
inline constexpr uint32_t kVersion = 1;
inline constexpr uint32_t kFlagFinal = 1;

inline constexpr size_t kHeaderBytes = 32;
inline constexpr size_t kBlockHeaderBytes = 16;
inline constexpr size_t kFooterBytes = 64;
inline constexpr size_t kSizeBytes = 4;  // of one payload's size

inline constexpr uint32_t kMaxPayloadBytes = 17u << 20;
inline constexpr uint32_t kMinBlockBytes = 1u << 10;  // the target
inline constexpr uint32_t kMaxBlockBytes = 4u << 20;
// Runs of smaller blocks go through the system's cache.
inline constexpr uint32_t kMinDirectBlockBytes = 64u << 10;
inline constexpr size_t kMaxMarkBytes = 4096;
inline constexpr size_t kMaxIdentityBytes = 1024;

inline constexpr size_t index_entry_bytes(size_t key_bytes) noexcept { return 16 + key_bytes; }

inline constexpr uint64_t block_bytes_of(uint64_t records, uint64_t payload_bytes,
                                         size_t key_bytes) noexcept {
  return kBlockHeaderBytes + records * (key_bytes + kSizeBytes) + payload_bytes;
}

struct RunHeader {
  uint32_t key_bytes;
  uint32_t first;
  uint32_t last;
  uint32_t block_bytes;
};

struct RunFooter {
  uint64_t records;
  uint64_t payload_bytes;
  uint64_t tail_offset;
  uint64_t file_bytes;
  uint32_t blocks;
  uint32_t largest_block_bytes;
  uint32_t identity_bytes;
  uint32_t mark_bytes;
  uint32_t flags;
  uint32_t tail_checksum;
};
static_assert(sizeof(RunFooter) == 56, "the footer up to its checksum");

struct BlockHeader {
  uint32_t checksum;
  uint32_t number;
  uint32_t records;
  uint32_t payload_bytes;
};
static_assert(sizeof(BlockHeader) == kBlockHeaderBytes);

// A block's line in the tail.
struct BlockFacts {
  uint64_t offset;
  uint32_t records;
  uint32_t payload_bytes;
  Key first_key;
};

template <class Word>
Word load(const uint8_t* from) noexcept {
  Word value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class Word>
void store(uint8_t* to, Word value) noexcept {
  std::memcpy(to, &value, sizeof value);
}

inline uint32_t checksum(const uint8_t* data, size_t size) noexcept {
  return crc32c_finish(crc32c_update()(kCrc32cInitial, data, size));
}

}  // namespace octoload::sort
