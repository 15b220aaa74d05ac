// Records for the tests of the sorter: random ones, the dull way to sort them,
// and a folder that goes with its test.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "../../native/sort/sorter.h"
#include "check.h"
#include "random.h"

namespace octoload::test {

class ScratchFolder {
 public:
  ScratchFolder() {
    const char* const base = getenv("TMPDIR");
    std::string path = std::string(base != nullptr ? base : "/tmp") + "/octoload-sort-XXXXXX";
    if (mkdtemp(path.data()) != nullptr) path_ = path;
    CHECK(!path_.empty());
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }

  std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

struct Records {
  size_t key_bytes = 8;
  std::vector<uint8_t> keys;
  std::vector<uint64_t> offsets = {0};
  std::vector<uint8_t> bytes;

  size_t count() const { return offsets.size() - 1; }
  const uint8_t* key(size_t i) const { return keys.data() + i * key_bytes; }

  void add(const uint8_t* key, const uint8_t* payload, size_t payload_bytes) {
    keys.insert(keys.end(), key, key + key_bytes);
    bytes.insert(bytes.end(), payload, payload + payload_bytes);
    offsets.push_back(bytes.size());
  }
  void add_from(const Records& other, size_t i) {
    add(other.key(i), other.bytes.data() + other.offsets[i],
        other.offsets[i + 1] - other.offsets[i]);
  }

  bool operator==(const Records&) const = default;
};

enum class KeyKind { kRandom, kFewDistinct, kLateDifference, kAscending, kAllEqual };
inline constexpr size_t kKeyKinds = 5;

inline sort::Key random_key(Random& random, KeyKind kind, uint64_t number) {
  switch (kind) {
    case KeyKind::kRandom:
      return sort::pack_key(random.next(), random.next(), random.next());
    case KeyKind::kFewDistinct:
      return sort::pack_key(random.next() % 3, random.next() % 3, random.next() % 3);
    case KeyKind::kLateDifference: {
      sort::Key key = sort::pack_key(~0ull, ~0ull, ~0ull);  // its last bytes in every width
      for (const size_t at : {7, 15, 23}) key[at] = static_cast<uint8_t>(random.next());
      return key;
    }
    case KeyKind::kAscending:
      return sort::pack_key(number / 3, number, number);
    case KeyKind::kAllEqual:
      break;
  }
  return sort::pack_key(42, 42, 42);
}

// The payloads begin with the record's number as far as they are long enough,
// so that records of equal keys can be told apart.
inline Records random_records(Random& random, size_t count, size_t key_bytes, KeyKind kind,
                              size_t max_payload_bytes) {
  Records records;
  records.key_bytes = key_bytes;
  std::vector<uint8_t> payload(max_payload_bytes + 8);
  for (size_t i = 0; i < count; ++i) {
    const uint64_t word = random.next();
    for (size_t at = 0; at < payload.size() - 7; at += 8) std::memcpy(&payload[at], &word, 8);
    std::memcpy(payload.data(), &i, sizeof i);
    const size_t size = random.next() % (max_payload_bytes + 1);
    records.add(random_key(random, kind, i).data(), payload.data(), size);
  }
  return records;
}

inline Records sorted_dully(const Records& records) {
  std::vector<size_t> order(records.count());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::memcmp(records.key(a), records.key(b), records.key_bytes) < 0;
  });
  Records sorted;
  sorted.key_bytes = records.key_bytes;
  for (const size_t i : order) sorted.add_from(records, i);
  return sorted;
}

// Records [begin, end), the mark being `end`.
inline sort::Status add_records(sort::Sorter& sorter, const Records& records, size_t begin,
                                size_t end) {
  const uint64_t mark = end;
  return sorter.add({{records.key(begin), (end - begin) * records.key_bytes},
                     {records.offsets.data() + begin, end - begin + 1},
                     records.bytes},
                    {reinterpret_cast<const uint8_t*>(&mark), sizeof mark});
}

inline sort::Status add_in_batches(sort::Sorter& sorter, const Records& records, size_t begin,
                                   size_t batch) {
  sort::Status status;
  for (; begin < records.count() && status.ok(); begin += batch) {
    status = add_records(sorter, records, begin, std::min(records.count(), begin + batch));
  }
  return status;
}

// How far the source was read by the last durable run.
inline size_t durable_mark(const sort::Sorter& sorter) {
  if (sorter.runs().empty()) return 0;
  const auto mark = sorter.runs().back()->mark();
  uint64_t end = 0;
  if (mark.size() == sizeof end) std::memcpy(&end, mark.data(), sizeof end);
  return end;
}

// Appends up to `limit` records of a cursor.
inline sort::Status read_on(sort::Cursor& cursor, size_t batch, size_t limit, Records* records) {
  std::vector<uint8_t> keys(batch * records->key_bytes);
  std::vector<uint64_t> offsets(batch + 1);
  std::vector<uint8_t> bytes(1000);
  while (limit > 0) {
    size_t count = 0;
    const size_t wanted = std::min(batch, limit);
    const sort::Status status =
        cursor.next({std::span(keys).first(wanted * records->key_bytes), offsets, bytes}, &count);
    if (status.code == sort::Code::kOutputTooSmall) {
      bytes.resize(status.offset);
      continue;
    }
    if (!status.ok() || count == 0) return status;
    limit -= count;
    for (size_t i = 0; i < count; ++i) {
      records->add(&keys[i * records->key_bytes], bytes.data() + offsets[i],
                   offsets[i + 1] - offsets[i]);
    }
  }
  return {};
}

inline sort::Status read_range(const sort::Sorter& sorter, const sort::Range& range,
                               Records* records) {
  std::unique_ptr<sort::Cursor> cursor;
  const sort::Status status = sorter.open_cursor(range, &cursor);
  return status.ok() ? read_on(*cursor, 1000, SIZE_MAX, records) : status;
}

inline Records read_all(const sort::Sorter& sorter, size_t key_bytes) {
  Records records;
  records.key_bytes = key_bytes;
  CHECK(read_range(sorter, {}, &records).ok());
  return records;
}

}  // namespace octoload::test
