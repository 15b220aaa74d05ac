// The SQLite extension's entry, named as SQLite derives it from the file's name:
// registers its functions with a connection.
// Loaded by better-sqlite3 into its own SQLite, whose functions it calls
// through the table that SQLite hands over; it contains no SQLite itself.
#include "functions.h"

#include <sqlite3ext.h>

#include <initializer_list>
SQLITE_EXTENSION_INIT1

extern "C" __attribute__((visibility("default"))) int sqlite3_octoloadsqlite_init(
    sqlite3* database, char** message, const sqlite3_api_routines* routines) {
  (void)message;
  SQLITE_EXTENSION_INIT2(routines);
  for (const auto& add :
       {octoload::sqlite::add_pack_function, octoload::sqlite::add_point_functions,
        octoload::sqlite::add_header_function, octoload::sqlite::add_put_function}) {
    if (const int code = add(database); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}
