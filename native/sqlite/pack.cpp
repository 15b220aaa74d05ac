// octoload_pack(sql, after_rowid, last_rowid, max_rows, max_bytes): runs `sql`
// on the connection it is called on and returns its first rows as one block of
// native/batch/source_batch.h, or NULL when there is none.
//
// `sql` selects the rowid, the fixed columns in the block's order, then the
// unmapped ones, in the rowids' order, of the rows WHERE rowid > ?1 AND rowid <= ?2:
// after_rowid and last_rowid are bound to these, NULL as minus and plus
// infinity, so that NULL reaches the smallest and the largest rowid there is.
// The block ends with row `max_rows`, or with the row that brings the bytes of
// TEXT and BLOB to `max_bytes`.
//
// TEXT is taken as the bytes the file holds; the database's encoding must be UTF-8.
#include <sqlite3ext.h>

#include <cmath>
#include <span>
#include <utility>

#include "block_writer.h"
#include "functions.h"
SQLITE_EXTENSION_INIT3

namespace octoload::sqlite {
namespace {

constexpr int64_t kMaxValueBytes = 16 << 20;  // the envelope's limit of one value
// Twice what an envelope may take: a row of more is rejected later anyway, so
// the values beyond are left out as too large.
constexpr int64_t kMaxRowBytes = 128 << 20;
constexpr int64_t kMaxRows = 1 << 20;
constexpr int64_t kMaxBytes = 256 << 20;
constexpr int kMaxColumns = 4096;
static_assert(kMaxBytes + kMaxRowBytes < UINT32_MAX);

struct StatementDeleter {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, StatementDeleter>;

void report_failure(sqlite3_context* context, sqlite3* database) {
  sqlite3_result_error(context, sqlite3_errmsg(database), -1);
  sqlite3_result_error_code(context, sqlite3_extended_errcode(database));
}

void refuse(sqlite3_context* context, const char* message) {
  sqlite3_result_error(context, message, -1);
}

Statement prepare(sqlite3_context* context, sqlite3_value* sql) {
  sqlite3* database = sqlite3_context_db_handle(context);
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(sql));
  sqlite3_stmt* prepared = nullptr;
  const int code =
      sqlite3_prepare_v3(database, text, sqlite3_value_bytes(sql) + 1, 0, &prepared, nullptr);
  Statement statement(prepared);
  if (code != SQLITE_OK) {
    report_failure(context, database);
    return nullptr;
  }
  constexpr int kFewest = 1 + static_cast<int>(batch::kFixedColumns);
  const int columns = sqlite3_column_count(statement.get());
  if (columns < kFewest || columns > 1 + kMaxColumns || !sqlite3_stmt_readonly(statement.get())) {
    refuse(context, "octoload_pack: the SQL must select the rowid and from 10 to 4096 columns");
    return nullptr;
  }
  return statement;
}

bool bind_rowid(sqlite3_stmt* statement, int index, sqlite3_value* rowid, double infinity) {
  const bool is_open = sqlite3_value_type(rowid) == SQLITE_NULL;
  return SQLITE_OK == (is_open ? sqlite3_bind_double(statement, index, infinity)
                               : sqlite3_bind_int64(statement, index, sqlite3_value_int64(rowid)));
}

// Of a TEXT or BLOB. A TEXT is read as blob because that asks for no
// terminating zero, for which SQLite would copy it.
bool pack_bytes(BlockWriter& writer, size_t column, sqlite3_value* value, int kind,
                size_t row_start) noexcept {
  const void* bytes = sqlite3_value_blob(value);
  const int64_t length = sqlite3_value_bytes(value);
  if (bytes == nullptr && length > 0) return false;
  const auto in_row = static_cast<int64_t>(writer.byte_count() - row_start);
  if (length > kMaxValueBytes || in_row + length > kMaxRowBytes) {
    writer.put(column, batch::kTooLarge, static_cast<uint64_t>(length));
    return true;
  }
  return writer.put_bytes(column, static_cast<uint8_t>(kind), bytes, static_cast<size_t>(length));
}

// False: no memory.
bool pack_row(BlockWriter& writer, sqlite3_stmt* statement, size_t columns) noexcept {
  const size_t row_start = writer.byte_count();
  for (size_t column = 0; column < columns; ++column) {
    // Not a copy under SQLite's lock, hence "unprotected"; but this runs inside a
    // statement of the same connection, which holds that lock already.
    sqlite3_value* value = sqlite3_column_value(statement, static_cast<int>(column) + 1);
    const int kind = sqlite3_value_type(value);
    uint64_t slot = 0;
    if (kind == SQLITE_INTEGER) {
      slot = static_cast<uint64_t>(sqlite3_value_int64(value));
    } else if (kind == SQLITE_FLOAT) {
      const double real = sqlite3_value_double(value);
      std::memcpy(&slot, &real, 8);
    } else if (kind != SQLITE_NULL) {
      if (!pack_bytes(writer, column, value, kind, row_start)) return false;
      continue;
    }
    writer.put(column, static_cast<uint8_t>(kind), slot);
  }
  writer.end_row(sqlite3_column_int64(statement, 0));
  return true;
}

struct Limits {
  size_t rows = 0;
  size_t bytes = 0;
};

// SQLite's code: SQLITE_ROW at a limit, SQLITE_DONE at the end of the rows.
int pack_rows(BlockWriter& writer, sqlite3_stmt* statement, const Limits& limits) noexcept {
  const auto columns = static_cast<size_t>(sqlite3_column_count(statement)) - 1;
  int code = sqlite3_step(statement);
  if (code != SQLITE_ROW) return code;
  if (!writer.open(limits.rows, columns, limits.bytes + (limits.bytes >> 4))) return SQLITE_NOMEM;
  while (true) {
    if (!pack_row(writer, statement, columns)) return SQLITE_NOMEM;
    if (writer.rows() == limits.rows || writer.byte_count() >= limits.bytes) return SQLITE_ROW;
    code = sqlite3_step(statement);
    if (code != SQLITE_ROW) return code;
  }
}

void give_block(sqlite3_context* context, BlockWriter& writer) {
  if (writer.rows() == 0) return sqlite3_result_null(context);
  size_t size = 0;
  Memory block = writer.finish(&size);
  sqlite3_result_blob64(context, block.release(), size, std::free);
}

void pack(sqlite3_context* context, int count, sqlite3_value** values) {
  const std::span<sqlite3_value*> arguments(values, static_cast<size_t>(count));
  const int64_t max_rows = sqlite3_value_int64(arguments[3]);
  const int64_t max_bytes = sqlite3_value_int64(arguments[4]);
  if (max_rows < 1 || max_rows > kMaxRows || max_bytes < 1 || max_bytes > kMaxBytes) {
    return refuse(context, "octoload_pack: from 1 to 2^20 rows and from 1 to 2^28 bytes");
  }
  const Statement statement = prepare(context, arguments[0]);
  if (!statement) return;
  if (!bind_rowid(statement.get(), 1, arguments[1], -HUGE_VAL) ||
      !bind_rowid(statement.get(), 2, arguments[2], HUGE_VAL)) {
    return report_failure(context, sqlite3_context_db_handle(context));
  }
  BlockWriter writer;
  const Limits limits{static_cast<size_t>(max_rows), static_cast<size_t>(max_bytes)};
  const int code = pack_rows(writer, statement.get(), limits);
  if (code == SQLITE_ROW || code == SQLITE_DONE) return give_block(context, writer);
  if (code == SQLITE_NOMEM) return sqlite3_result_error_nomem(context);
  report_failure(context, sqlite3_context_db_handle(context));
}

}  // namespace

int add_pack_function(sqlite3* database) {
  return sqlite3_create_function_v2(database, "octoload_pack", 5, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                    nullptr, pack, nullptr, nullptr, nullptr);
}

}  // namespace octoload::sqlite
