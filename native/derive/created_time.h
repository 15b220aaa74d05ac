// Created as a moment: microseconds since 1970-01-01T00:00:00Z.
//
//   TEXT     ISO 8601: YYYY-MM-DD, alone or followed by T, t or one blank and
//            hh:mm or hh:mm:ss; after the seconds '.' or ',' and any number of
//            digits; after the time, perhaps after one blank, a zone: Z, z,
//            +hh:mm, +hhmm or +hh, with + or - and up to 23:59. Without a zone
//            it is UTC. Nothing may stand before or after. Years 0000 to 9999
//            of the proleptic Gregorian calendar, in the zone's own time.
//            Digits beyond microseconds are dropped, so that a moment never
//            moves past what is written. 24:00, with zeros only down to the
//            microsecond, is the next day's 00:00; second 60 of a minute 59 is
//            the next minute's second 0, as POSIX time has no leap seconds.
//   INTEGER  seconds where |v| < 10^11, milliseconds where |v| < 10^14,
//            else microseconds
//   REAL     Julian day 0 <= v < 5373484.5 (the end of the year 9999), rounded
//            to milliseconds by SQLite's own formula
//   NULL     no time; so is a column that is not there
//
// Everything else (BLOB, other text, a Julian day out of range) does not parse.
// It counts as NULL, but is worth a warning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace octoload::derive {

enum class CreatedOutcome : uint8_t {
  kTime = 0,        // *micros is set
  kNone = 1,        // NULL or absent
  kUnreadable = 2,  // a value that is no time
};

// `kind` and `slot` as in envelope::ValueColumn; TEXT lies in `bytes` at
// offset | length << 32. A slot outside them is unreadable. *micros is set
// only with kTime.
CreatedOutcome parse_created(uint8_t kind, uint64_t slot, std::span<const uint8_t> bytes,
                             int64_t* micros) noexcept;

// The last_modified of a row with this Created: milliseconds since 1970,
// rounded towards the past. A row without one has 0.
constexpr int64_t last_modified_ms(int64_t micros) noexcept {
  return micros / 1000 - (micros % 1000 < 0 ? 1 : 0);
}

}  // namespace octoload::derive
