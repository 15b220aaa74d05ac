// A batch of finished rows as a table that SQL can select from: one INSERT ...
// SELECT then writes a batch with one prepared statement and one open cursor.
#pragma once

#include <cstddef>

#include "../batch/sink_batch.h"

struct sqlite3;

namespace octoload::sqlite {

// Names the pointer type of octoload_rows()'s argument.
inline constexpr char kBatchRowsType[] = "octoload_rows";

// Rows [at, end) of a batch. The table moves `at`, so that it tells where a
// statement stopped.
struct BatchRows {
  const batch::SinkBatch* batch;
  size_t at;
  size_t end;
};

// Adds the table-valued function octoload_rows(pointer to BatchRows) to a
// connection: columns morton_code, tile, cell, level, material_id, homogeneity,
// children_mask (signed), compressed_data, last_modified. No pointer: no rows.
int add_batch_rows(sqlite3* database);

}  // namespace octoload::sqlite
