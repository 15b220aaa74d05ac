// Source rows packed and sorted for the derivation, as the key sort would.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "../../native/derive/deriver.h"
#include "../../native/derive/key_record.h"
#include "check.h"
#include "derive_oracle.h"
#include "random.h"

namespace octoload::test {

using PackedKey = std::array<uint8_t, derive::kPreorderKeyBytes>;

inline PackedKey pack_key(const SourceRow& row) {
  PackedKey key;
  derive::pack_preorder_key(key_of(row), key.data());
  return key;
}

// Keys, offsets and payloads of a batch, each as long as it must be.
struct Packed {
  std::vector<uint8_t> keys, payloads;
  std::vector<uint64_t> offsets = {0};

  void add(const SourceRow& row) {
    const PackedKey key = pack_key(row);
    keys.insert(keys.end(), key.begin(), key.end());
    const derive::KeyRecord record = record_of(row);
    std::vector<uint8_t> payload(derive::packed_size(record));
    CHECK(derive::pack(record, payload.data()) == payload.data() + payload.size());
    payloads.insert(payloads.end(), payload.begin(), payload.end());
    offsets.push_back(payloads.size());
  }

  derive::Status add_to(derive::Deriver& deriver, derive::Results* results) const {
    return deriver.add(keys, offsets, payloads, results);
  }
};

inline void sort_rows(std::vector<SourceRow>& rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const SourceRow& a, const SourceRow& b) {
    return pack_key(a) < pack_key(b);
  });
}

// Derives rows in any order, in batches of up to `most` whose memory goes at once.
inline derive::Status derive_rows(derive::Deriver& deriver, std::vector<SourceRow> rows,
                                  Random& random, size_t most, derive::Results* results) {
  sort_rows(rows);
  for (size_t at = 0; at < rows.size();) {
    Packed batch;
    const size_t end = std::min(rows.size(), at + random.next() % (most + 1));
    for (; at < end; ++at) batch.add(rows[at]);
    const derive::Status status = batch.add_to(deriver, results);
    if (status != derive::Status::kOk) return status;
  }
  return deriver.finish(results);
}

inline SourceRow row_at(unsigned level, Wide code, std::optional<int32_t> material) {
  SourceRow row;
  row.level = level;
  row.code = code;
  row.material = material;
  row.rowid = static_cast<int64_t>(level) * 1000 + static_cast<int64_t>(code % 1000);
  return row;
}

}  // namespace octoload::test
