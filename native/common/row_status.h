// What became of one row of a batch. One byte a row, one meaning everywhere:
// the TypeScript face maps the same numbers to stable error codes
// (src/encoding/row-status.ts).
#pragma once

#include <cstdint>

namespace octoload {

enum RowStatus : uint8_t {
  kRowOk = 0,
  // Morton: a set of bits, because several axes can be wrong at once.
  kRowXOutside = 1,  // t < 0, t > 1 or NaN on the x axis
  kRowYOutside = 2,
  kRowZOutside = 4,
  kRowBadLevel = 8,  // above 26, or above 21 where a whole code must fit 63 bits
  kRowBadCode = 16,  // a code, tile or cell above its level's range
  // Envelope, encoding: one number.
  kRowBadKind = 32,     // a storage class that is unknown, or not allowed in this column
  kRowBadSlot = 33,     // a TEXT or BLOB slot that points outside the byte buffer
  kRowTooLarge = 34,    // more than the format's byte limits
  kRowNotInteger = 35,  // an INTEGER coordinate whose double is no int64
  // Loading: the source's own rules for its columns. One number.
  kRowBadCoordinate = 50,      // X, Y or Z is NULL, BLOB, or TEXT that is no number
  kRowInexactCoordinate = 51,  // an INTEGER coordinate that no double holds exactly
  kRowBadLevelClass = 52,      // Level is no INTEGER
  kRowBadMaterial = 53,        // MaterialId is no INTEGER of 32 bits and not NULL
  // Envelope, decoding.
  kRowTruncated = 40,          // the bytes end before the envelope does
  kRowBadVersion = 41,         // not a version this build reads
  kRowMalformed = 42,          // a flag, kind, width, varint or length the format forbids
  kRowBadLz4 = 43,             // the LZ4 block does not decode to its stated length
  kRowUnknownDictionary = 44,  // compressed with a dictionary that was not given
  kRowBadChecksum = 45,        // content, key or frame is not what was encoded
  kRowUnknownColumns = 46,     // a set of unmapped columns that was not given, or is shorter
};

}  // namespace octoload
