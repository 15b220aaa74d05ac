// The SQL functions of the extension. Each adder registers one with a
// connection and returns SQLite's code.
#pragma once

struct sqlite3;

namespace octoload::sqlite {

// octoload_pack(sql, after_rowid, last_rowid, max_rows, max_bytes): pack.cpp
int add_pack_function(sqlite3* database);
// octoload_point_x(geometry), octoload_point_y(…), octoload_point_z(…): point.cpp
int add_point_functions(sqlite3* database);
// octoload_header(): header.cpp
int add_header_function(sqlite3* database);
// octoload_put(sql, batch, write_time, begin, end): put.cpp
int add_put_function(sqlite3* database);

}  // namespace octoload::sqlite
