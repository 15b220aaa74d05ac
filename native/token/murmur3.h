// Cassandra's Murmur3 partitioner token of the two partition keys that
// octoload writes, in batches.
//
// Source: MurmurHash3 x64 128 (A. Appleby, public domain) as Cassandra has it
// in src/java/org/apache/cassandra/utils/MurmurHash.java and
// dht/Murmur3Partitioner.java, tag cassandra-4.1.7. Two facts differ from the
// original: the tail's bytes are sign-extended before they are combined, and
// the token Long.MIN_VALUE is given as Long.MAX_VALUE. The token is the first
// of the two 64-bit halves; keys here have 8 and 15 bytes, so all is tail.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octoload::token {

// Layout node: PRIMARY KEY (morton_code, …); the key is a bigint, 8 bytes
// big-endian. `keys` are taken as signed; `tokens` may equal `keys`.
void of_bigints(const uint64_t* keys, size_t count, int64_t* tokens) noexcept;

// Layout tile: PRIMARY KEY ((level, tile), …); a composite of tinyint and
// bigint: each component as u16 length, bytes, a zero byte. `levels` one a row,
// or nullptr and `level` for all.
void of_tiles(const uint8_t* levels, uint8_t level, const uint64_t* tiles, size_t count,
              int64_t* tokens) noexcept;

}  // namespace octoload::token
