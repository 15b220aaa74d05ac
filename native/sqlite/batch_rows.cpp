#include "batch_rows.h"

#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT3

#include <memory>
#include <new>

namespace octoload::sqlite {
namespace {

enum Column : int {
  kMortonCode,
  kTile,
  kCell,
  kLevel,
  kMaterialId,
  kHomogeneity,
  kChildrenMask,
  kCompressedData,
  kLastModified,
  kRows,
};

constexpr char kSchema[] =
    "CREATE TABLE octoload_rows(morton_code, tile, cell, level, material_id, homogeneity,"
    " children_mask, compressed_data, last_modified, rows HIDDEN)";

// Whole codes of deeper levels have more than 63 bits.
constexpr uint8_t kMaxCodeLevel = 21;

// SQLite's objects come first: it hands out pointers to them.
struct Cursor {
  sqlite3_vtab_cursor base;
  BatchRows* rows;
};

Cursor* of(sqlite3_vtab_cursor* base) { return reinterpret_cast<Cursor*>(base); }

int connect(sqlite3* database, void*, int, const char* const*, sqlite3_vtab** table, char**) {
  if (const int code = sqlite3_declare_vtab(database, kSchema); code != SQLITE_OK) return code;
  auto made = std::unique_ptr<sqlite3_vtab>(new (std::nothrow) sqlite3_vtab{});
  if (made == nullptr) return SQLITE_NOMEM;
  sqlite3_vtab_config(database, SQLITE_VTAB_DIRECTONLY);
  *table = made.release();
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  std::default_delete<sqlite3_vtab>()(table);
  return SQLITE_OK;
}

int best_index(sqlite3_vtab*, sqlite3_index_info* info) {
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    if (constraint.iColumn != kRows || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (constraint.usable == 0) return SQLITE_CONSTRAINT;
    info->aConstraintUsage[i].argvIndex = 1;
    info->aConstraintUsage[i].omit = 1;
    return SQLITE_OK;
  }
  return SQLITE_OK;
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
  auto made = std::unique_ptr<Cursor>(new (std::nothrow) Cursor{});
  if (made == nullptr) return SQLITE_NOMEM;
  *cursor = &made.release()->base;
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  std::default_delete<Cursor>()(of(cursor));
  return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* cursor, int, const char*, int count, sqlite3_value** values) {
  of(cursor)->rows =
      count == 0 ? nullptr
                 : static_cast<BatchRows*>(sqlite3_value_pointer(values[0], kBatchRowsType));
  return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* cursor) {
  ++of(cursor)->rows->at;
  return SQLITE_OK;
}

int is_at_end(sqlite3_vtab_cursor* cursor) {
  const BatchRows* const rows = of(cursor)->rows;
  return rows == nullptr || rows->at >= rows->end;
}

void put_code(sqlite3_context* context, const batch::SinkBatch& batch, size_t row) {
  if (batch.levels[row] > kMaxCodeLevel) {
    sqlite3_result_error(context, "a whole code has at most level 21", -1);
    return;
  }
  sqlite3_result_int64(context, static_cast<int64_t>(batch.tiles[row] << 15 | batch.cells[row]));
}

// SQLITE_STATIC: the batch outlives the statement.
void put_envelope(sqlite3_context* context, const batch::SinkBatch& batch, size_t row) {
  const uint32_t begin = batch.offsets[row];
  const uint32_t length = batch.offsets[row + 1] - begin;
  sqlite3_result_blob64(context, batch.bytes.data() + begin, length, SQLITE_STATIC);
}

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int column) {
  const BatchRows* const rows = of(cursor)->rows;
  const batch::SinkBatch& batch = *rows->batch;
  const size_t row = rows->at;
  switch (column) {
    case kMortonCode:
      put_code(context, batch, row);
      break;
    case kTile:
      sqlite3_result_int64(context, static_cast<int64_t>(batch.tiles[row]));
      break;
    case kCell:
      sqlite3_result_int(context, batch.cells[row]);
      break;
    case kLevel:
      sqlite3_result_int(context, batch.levels[row]);
      break;
    case kMaterialId:
      // Without a result it is NULL.
      if (batch.no_materials[row] == 0) sqlite3_result_int(context, batch.materials[row]);
      break;
    case kHomogeneity:
      sqlite3_result_double(context, static_cast<double>(batch.homogeneities[row]));
      break;
    case kChildrenMask:
      sqlite3_result_int(context, static_cast<int8_t>(batch.masks[row]));
      break;
    case kCompressedData:
      put_envelope(context, batch, row);
      break;
    case kLastModified:
      sqlite3_result_int64(context, batch.last_modified[row]);
      break;
    default:
      break;
  }
  return SQLITE_OK;
}

int rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
  *id = static_cast<sqlite3_int64>(of(cursor)->rows->at);
  return SQLITE_OK;
}

// Without xCreate it exists in every schema of the connection and cannot be created.
sqlite3_module make_module() {
  sqlite3_module module = {};
  module.xConnect = connect;
  module.xBestIndex = best_index;
  module.xDisconnect = disconnect;
  module.xOpen = open;
  module.xClose = close;
  module.xFilter = filter;
  module.xNext = next;
  module.xEof = is_at_end;
  module.xColumn = column;
  module.xRowid = rowid;
  return module;
}

}  // namespace

int add_batch_rows(sqlite3* database) {
  static const sqlite3_module module = make_module();
  return sqlite3_create_module(database, "octoload_rows", &module, nullptr);
}

}  // namespace octoload::sqlite
