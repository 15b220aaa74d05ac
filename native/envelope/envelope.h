// Envelope v1: what compressed_data holds of a row. The format is described
// byte by byte in docs/envelope.md; this is its batch interface.
//
// Nothing here throws, allocates per row or trusts its input: every length
// and offset read from a column or an envelope is bounded before use, and
// read once (another thread may be scribbling on the caller's buffers).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "../common/frame.h"
#include "../common/row_status.h"

namespace octoload::envelope {

inline constexpr uint8_t kVersion = 1;
inline constexpr uint32_t kMaxValueBytes = 16u << 20;  // one TEXT or BLOB value
inline constexpr uint32_t kMaxEnvelopeBytes = 64u << 20;
inline constexpr uint32_t kMaxExtraColumns = 2000;        // SQLite's own default limit of columns
inline constexpr size_t kMaxDictionaryBytes = 64u << 10;  // LZ4's window

// Storage classes by SQLite's own numbers; 0 is ours: the column is not there.
enum Kind : uint8_t { kAbsent = 0, kInteger = 1, kReal = 2, kText = 3, kBlob = 4, kNull = 5 };

// A column of SQLite values. A slot is: INTEGER two's complement; REAL the
// IEEE bits; TEXT and BLOB  offset | length << 32  into the batch's byte
// buffer; NULL and absent: ignored on input, 0 on output.
struct ValueColumn {
  const uint8_t* kinds = nullptr;  // one a row; nullptr: every row is of `kind`
  uint8_t kind = kAbsent;
  const uint64_t* slots =
      nullptr;  // one a row; may be nullptr when kinds is and kind is NULL or absent
};

struct MutableValueColumn {
  uint8_t* kinds = nullptr;
  uint64_t* slots = nullptr;
};

// Keys: codes up to level 21 (cells == nullptr), or tile and cell up to 26.
struct RowKeys {
  const uint64_t* tiles = nullptr;
  const uint16_t* cells = nullptr;
  const uint8_t* levels = nullptr;  // one a row; nullptr: `level` for all
  uint8_t level = 0;
};

// The source columns whose value is not in the envelope as such; their kind
// says how the source held them, TEXT and BLOB carry the original bytes.
enum Original : unsigned { kX, kY, kZ, kLevel, kMaterial, kOriginals };

struct Columns {
  size_t count = 0;
  RowKeys keys;
  const double* xyz[3] = {};
  ValueColumn id, density, created, metadata;
  ValueColumn
      originals[kOriginals];  // "usual" when kinds == nullptr and kind is kReal (x,y,z) or kInteger
  uint32_t column_set = 0;    // 0: no unmapped columns
  std::span<const ValueColumn> extras;  // 1..kMaxExtraColumns with a column set, or no row is taken
  std::span<const uint8_t> bytes;
};

// LZ4's prepared view of shared dictionary bytes. Immutable once made, so
// threads share it freely.
class Dictionary {
 public:
  // Copies `bytes` (1..kMaxDictionaryBytes; number >= 1); nullptr otherwise.
  static std::shared_ptr<const Dictionary> create(uint32_t number, std::span<const uint8_t> bytes);
  uint32_t number() const noexcept;
  std::span<const uint8_t> bytes() const noexcept;
  ~Dictionary();

 private:
  friend struct DictionaryAccess;  // the codec's own files reach LZ4's state through this
  struct State;
  explicit Dictionary(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct EncodeOutput {
  std::span<uint8_t> bytes;     // at least encode_bound() or the batch may stop early
  uint32_t* offsets = nullptr;  // count + 1
  uint8_t* status = nullptr;    // count; a bad row's envelope is empty
};

struct BatchResult {
  size_t rejected = 0;
  bool overflow = false;  // the output was too small: nothing in it counts
};

// Bytes that always suffice for the batch; SIZE_MAX when over 4 GiB - 1.
size_t encode_bound(const Columns& columns) noexcept;
// Metadata of fewer than `min_lz4_bytes` is stored as it is without trying.
BatchResult encode(const Columns& columns, const Frame& frame, const Dictionary* dictionary,
                   const EncodeOutput& out, size_t min_lz4_bytes = 0) noexcept;

struct Envelopes {
  size_t count = 0;
  RowKeys keys;
  std::span<const uint8_t> bytes;
  const uint32_t* offsets = nullptr;  // count + 1; row i is [offsets[i], offsets[i + 1])
};

struct DecodeBound {
  size_t bytes = 0;            // byte buffer that suffices for decode(); SIZE_MAX over 4 GiB - 1
  uint32_t extra_columns = 0;  // most unmapped columns of a row
};

struct DecodeOutput {
  double* xyz[3] = {};
  MutableValueColumn id, density, created, metadata;
  MutableValueColumn originals[kOriginals];
  uint32_t* column_sets = nullptr;             // 0 where a row has none; nullptr: not wanted
  std::span<const MutableValueColumn> extras;  // a good row with more of them is an overflow
  std::span<uint8_t> bytes;
  uint8_t* status = nullptr;  // a bad row: NaN coordinates, every kind absent, every slot 0
};

// Reads the heads, and parses a row that is compressed or has unmapped columns;
// verifies no checksum. A row that does not parse takes no room.
DecodeBound decode_bound(const Envelopes& envelopes) noexcept;
// Needs no more room than the good rows' TEXT and BLOB values take: a bad row is
// no overflow, whatever it claims. To tell the two apart where the room ends,
// 16 MiB may be allocated, once a batch; without them it is an overflow.
BatchResult decode(const Envelopes& envelopes, const Frame& frame,
                   std::span<const Dictionary* const> dictionaries, const DecodeOutput& out,
                   size_t* bytes_used) noexcept;

}  // namespace octoload::envelope
