#include <sqlite3ext.h>

#include "batch_rows.h"
#include "functions.h"
SQLITE_EXTENSION_INIT3

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>

namespace octoload::sqlite {
namespace {

enum Argument : int { kSql, kBatch, kWriteTime, kBegin, kEnd, kArguments };

struct Finalizer {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalizer>;

void refuse(sqlite3_context* context, const char* reason) {
  sqlite3_result_error(context, reason, -1);
}

// The block stays where it is as long as the call lasts.
bool parse_batch(sqlite3_value* value, batch::SinkBatch* batch) {
  const auto* bytes = static_cast<const uint8_t*>(sqlite3_value_blob(value));
  const auto size = static_cast<size_t>(sqlite3_value_bytes(value));
  if (bytes == nullptr || reinterpret_cast<uintptr_t>(bytes) % alignof(uint64_t) != 0) return false;
  return batch::SinkBatch::parse(std::span(bytes, size), batch);
}

// SQLite's own words and extended code, and the row that was being written.
// Where the target's triggers made SQLite read all rows first, none is named.
void report_failure(sqlite3_context* context, int code, const BatchRows& rows) {
  const char* const reason = sqlite3_errmsg(sqlite3_context_db_handle(context));
  char message[512];
  if (rows.at < rows.end) {
    std::snprintf(message, sizeof message, "row %zu: %s", rows.at, reason);
  } else {
    std::snprintf(message, sizeof message, "%s", reason);
  }
  sqlite3_result_error(context, message, -1);
  sqlite3_result_error_code(context, code);
}

// Runs an INSERT from octoload_rows(?1), with ?2 as write time, over `rows`. Returns SQLite's code.
int insert(sqlite3* database, sqlite3_value* sql, sqlite3_value* write_time, BatchRows* rows) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(sql));
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v2(database, text, sqlite3_value_bytes(sql), &prepared, nullptr);
  const Statement statement(prepared);
  if (code != SQLITE_OK) return sqlite3_extended_errcode(database);
  if (prepared == nullptr) return SQLITE_MISUSE;
  sqlite3_bind_pointer(prepared, 1, rows, kBatchRowsType, nullptr);
  sqlite3_bind_value(prepared, 2, write_time);
  const int result = sqlite3_step(prepared);
  const bool is_fault = result != SQLITE_DONE && result != SQLITE_ROW;
  return is_fault ? sqlite3_extended_errcode(database) : result;
}

// octoload_put(sql, batch, write_time, begin, end): writes rows [begin, end) of `batch`, a sink
// batch, by `sql`. Returns the number of rows.
void put(sqlite3_context* context, int, sqlite3_value** values) {
  batch::SinkBatch batch;
  if (!parse_batch(values[kBatch], &batch)) return refuse(context, "octoload_put: no sink batch");
  const int64_t begin = sqlite3_value_int64(values[kBegin]);
  const int64_t end = sqlite3_value_int64(values[kEnd]);
  if (begin < 0 || begin > end || static_cast<uint64_t>(end) > batch.rows) {
    return refuse(context, "octoload_put: no such rows in the batch");
  }
  BatchRows rows{&batch, static_cast<size_t>(begin), static_cast<size_t>(end)};
  sqlite3* const database = sqlite3_context_db_handle(context);
  switch (const int code = insert(database, values[kSql], values[kWriteTime], &rows)) {
    case SQLITE_DONE:
      return sqlite3_result_int64(context, end - begin);
    case SQLITE_ROW:
    case SQLITE_MISUSE:
      return refuse(context, "octoload_put: no INSERT");
    default:
      return report_failure(context, code, rows);
  }
}

}  // namespace

int add_put_function(sqlite3* database) {
  const int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
  const int code = sqlite3_create_function_v2(database, "octoload_put", kArguments, flags, nullptr,
                                              put, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? add_batch_rows(database) : code;
}

}  // namespace octoload::sqlite
