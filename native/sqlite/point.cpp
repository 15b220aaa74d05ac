// octoload_point_x(geometry), octoload_point_y(geometry), octoload_point_z(geometry):
// a coordinate of a GeoPackage geometry blob that is a point with Z, else NULL.
//
// The blob (GeoPackage 1.3, clause 2.1.3): "GP", version, flags, SRS number,
// bounding box, then the point as well-known binary: byte order, type (1001
// Point Z or 3001 Point ZM, in the older notation 1 with bit 31 for Z and bit 30
// for M), x, y, z.
#include <sqlite3ext.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "functions.h"
SQLITE_EXTENSION_INIT3

namespace octoload::sqlite {
namespace {

constexpr size_t kHeadBytes = 8;
constexpr std::array<size_t, 5> kBoxBytes = {0, 32, 48, 48, 64};
constexpr unsigned kEmptyFlag = 0x10;
constexpr size_t kPointBytes = 1 + 4 + 3 * 8;
constexpr std::array<int, 3> kAxes = {0, 1, 2};

template <typename Number>
Number read(const uint8_t* bytes, bool is_little_endian) noexcept {
  std::array<uint8_t, sizeof(Number)> ordered;
  constexpr bool kHostIsLittle = std::endian::native == std::endian::little;
  for (size_t i = 0; i < ordered.size(); ++i) {
    ordered[i] = bytes[is_little_endian == kHostIsLittle ? i : ordered.size() - 1 - i];
  }
  return std::bit_cast<Number>(ordered);
}

bool is_point_z(uint32_t type) noexcept {
  return type == 1001 || type == 3001 || type == 0x80000001 || type == 0xc0000001;
}

bool read_coordinate(std::span<const uint8_t> blob, int axis, double* coordinate) noexcept {
  if (blob.size() < kHeadBytes || blob[0] != 'G' || blob[1] != 'P') return false;
  const unsigned flags = blob[3], box = flags >> 1 & 7;
  if (box >= kBoxBytes.size() || (flags & kEmptyFlag) != 0) return false;
  const size_t at = kHeadBytes + kBoxBytes[box];
  if (blob.size() < at + kPointBytes || blob[at] > 1) return false;
  const bool is_little_endian = blob[at] == 1;
  if (!is_point_z(read<uint32_t>(&blob[at + 1], is_little_endian))) return false;
  *coordinate = read<double>(&blob[at + 5 + static_cast<size_t>(axis) * 8], is_little_endian);
  return true;
}

void point_coordinate(sqlite3_context* context, int, sqlite3_value** values) {
  if (sqlite3_value_type(*values) != SQLITE_BLOB) return;
  const auto* bytes = static_cast<const uint8_t*>(sqlite3_value_blob(*values));
  const auto length = static_cast<size_t>(sqlite3_value_bytes(*values));
  if (bytes == nullptr) return;
  const int axis = *static_cast<const int*>(sqlite3_user_data(context));
  double coordinate = 0;
  // A coordinate that is not a number, as of an empty point, becomes NULL in SQLite.
  if (read_coordinate({bytes, length}, axis, &coordinate)) {
    sqlite3_result_double(context, coordinate);
  }
}

int add(sqlite3* database, const char* name, const int* axis) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  return sqlite3_create_function_v2(database, name, 1, kFlags, const_cast<int*>(axis),
                                    point_coordinate, nullptr, nullptr, nullptr);
}

}  // namespace

int add_point_functions(sqlite3* database) {
  constexpr std::array<const char*, 3> kNames = {"octoload_point_x", "octoload_point_y",
                                                 "octoload_point_z"};
  for (size_t axis = 0; axis < kNames.size(); ++axis) {
    if (const int code = add(database, kNames[axis], &kAxes[axis]); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

}  // namespace octoload::sqlite
