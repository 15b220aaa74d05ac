// Which of several rows with one key stays.
#pragma once

#include "key_record.h"

namespace octoload::derive {

// -1, 0 or 1 as a's Id comes before, with or after b's in SQLite's
// order of values ("Sort Order" in its "Datatypes In SQLite"): NULL, then
// INTEGER and REAL by their exact value, then TEXT, then BLOB, both bytewise. A
// NaN, which SQLite does not store, comes before all other numbers.
int compare_ids(const KeyRecord& a, const KeyRecord& b) noexcept;

// The newest Created (none is the oldest), then the highest Id, then the later
// file, then the highest rowid.
bool wins_over(const KeyRecord& a, const KeyRecord& b) noexcept;

}  // namespace octoload::derive
