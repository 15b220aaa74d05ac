// What the derivation needs to know of a row besides its key: the payload of
// the key sort.
//
//   0  u8   bit 0 material is not NULL, bit 1 created is not NULL,
//           bits 2-4 storage class of Id (envelope::Kind, 1..5), bit 5 loadable,
//           bits 6-7 zero
//   1  u8   bytes of rowid, 0..8 (bits 0-3), and of an INTEGER or REAL Id (4-7)
//   2  u8   bytes of file, 0..4 (bits 0-3), and of material (4-7)
//   3       created, 8 bytes, unless NULL; material, file, rowid; Id
//
// All little-endian. Of file the low significant bytes are stored; of rowid,
// material and an INTEGER Id too, after zigzag; of a REAL Id's bits the high
// ones. A TEXT or BLOB Id is the rest of the record. Each row has one encoding.
//
// A row of a file's first 8 million with a Created and an INTEGER Id as small
// takes 18 bytes; none takes more than kMaxFixedBytes besides a TEXT or BLOB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "../envelope/envelope.h"
#include "preorder_key.h"

namespace octoload::derive {

struct KeyRecord {
  int64_t rowid = 0;
  int64_t created_us = 0;             // since 1970; counts where has_created
  uint64_t id_word = 0;               // INTEGER: two's complement; REAL: the IEEE bits
  std::span<const uint8_t> id_bytes;  // TEXT, BLOB: up to envelope::kMaxValueBytes
  uint32_t file = 0;                  // number of the source's file, from 0
  int32_t material = 0;               // counts where has_material
  bool has_material = false;
  bool has_created = false;
  // Passes the filters, and nothing is wrong with it: as a loser it has to be
  // reported. It says nothing about which row wins.
  bool is_loadable = false;
  // INTEGER to BLOB; every other number is taken as NULL.
  uint8_t id_kind = envelope::kNull;
};

// Three bytes of head, then created, material, file, rowid and a word of Id.
inline constexpr size_t kMaxFixedBytes = 3 + 8 + 4 + 4 + 8 + 8;

size_t packed_size(const KeyRecord& record) noexcept;

// Writes packed_size() bytes and returns their end.
uint8_t* pack(const KeyRecord& record, uint8_t* to) noexcept;

// Reads the whole of `bytes`; `record` then points into them. False for bytes
// that pack() does not make.
bool unpack(std::span<const uint8_t> bytes, KeyRecord* record) noexcept;

}  // namespace octoload::derive
