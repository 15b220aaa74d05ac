// octoload_header(): the first 100 bytes of the main database's file as they
// are on disk now, NULL where there are fewer. They are read by SQLite's own
// file handle: a program that opens and closes the file itself drops the POSIX
// locks which other connections of the process hold on it.
#include <sqlite3ext.h>

#include <array>
#include <cstdint>

#include "functions.h"
SQLITE_EXTENSION_INIT3

namespace octoload::sqlite {
namespace {

void header(sqlite3_context* context, int, sqlite3_value**) {
  sqlite3* database = sqlite3_context_db_handle(context);
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK) return;
  if (file == nullptr || file->pMethods == nullptr) return;
  std::array<uint8_t, 100> bytes;
  if (file->pMethods->xRead(file, bytes.data(), bytes.size(), 0) != SQLITE_OK) return;
  sqlite3_result_blob(context, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
}

}  // namespace

int add_header_function(sqlite3* database) {
  return sqlite3_create_function_v2(database, "octoload_header", 0, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                    nullptr, header, nullptr, nullptr, nullptr);
}

}  // namespace octoload::sqlite
