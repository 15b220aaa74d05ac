// The loader's native part without Node: packing, keys, envelopes, the sorts,
// deriving and streaming in a sink's order, checksums and sync included. CPU a
// row by stage, peak memory, and what ten times the rows cost. From the
// package's folder, with SQLite and the extension as better-sqlite3 has them:
//
//   S=node_modules/better-sqlite3/deps/sqlite3; L=node_modules/lz4/deps/lz4/lib
//   gcc -O2 -c -DSQLITE_THREADSAFE=2 -DSQLITE_DEFAULT_MEMSTATUS=0 -o /tmp/sqlite3.o $S/sqlite3.c
//   g++ -std=c++20 -O2 -fno-exceptions -fno-rtti -ffp-contract=off -Inative -I$S -isystem $L
//       $(node scripts/native-config.mjs kernels) bench/native/load_bench.cpp /tmp/sqlite3.o
//       -x c $L/lz4.c -ldl -lpthread -o /tmp/load_bench
//   /tmp/load_bench FOLDER [ROWS [MEMORY_MIB [LARGE_ROWS]]]
//
// By default 5 million shuffled rows of about 200 bytes and 3 of 16 MiB, in 256
// MiB. FOLDER is made; the table in it is made once and used again.
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "load/delivery.h"
#include "load/derivation.h"
#include "load/ingest.h"
#include "load/stopwatch.h"

using namespace octoload;

namespace {

constexpr const char* kExtension = "build/Release/octoload_sqlite.node";
constexpr size_t kBatchRows = 8192;
constexpr size_t kBatchBytes = 4u << 20;

void check(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "failed: %s\n", what);
  std::exit(1);
}

void check(const sort::Status& status, const char* what) {
  if (status.ok()) return;
  std::fprintf(stderr, "failed: %s: code %d errno %d offset %llu %s\n", what,
               static_cast<int>(status.code), status.error,
               static_cast<unsigned long long>(status.offset), status.path.c_str());
  std::exit(1);
}

// A complete octree, level by level: node `index` of it.
struct Node {
  unsigned level;
  uint64_t code;
};
Node node_at(uint64_t index) {
  unsigned level = 0;
  uint64_t width = 1;
  while (index >= width) {
    index -= width;
    width *= 8;
    ++level;
  }
  return {level, index};
}

double coordinate(uint64_t code, unsigned axis, unsigned level, double min, double size) {
  uint64_t index = 0;
  for (unsigned bit = 0; bit < level; ++bit) index |= (code >> (3 * bit + axis) & 1) << bit;
  return min + size * (static_cast<double>(2 * index + 1) / static_cast<double>(2ull << level));
}

void make_table(const std::string& path, uint64_t rows, uint64_t large_rows) {
  sqlite3* database = nullptr;
  check(sqlite3_open(path.c_str(), &database) == SQLITE_OK, "open");
  sqlite3_exec(database,
               "PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF; CREATE TABLE nodes(Id INTEGER, X "
               "REAL, Y REAL, Z REAL, Level INTEGER, MaterialId INTEGER, Density REAL, Metadata "
               "TEXT, Created TEXT); BEGIN",
               nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(database, "INSERT INTO nodes VALUES(?,?,?,?,?,?,?,?,?)", -1, &insert, nullptr);
  const std::string large(size_t{16} << 20, 'x');
  // A step that shares no factor with the number of rows visits each once.
  uint64_t step = 2654435761u;
  const auto shares_factor = [&] {
    uint64_t a = step, b = rows;
    while (b != 0) std::swap(a %= b, b);
    return a != 1;
  };
  while (shares_factor()) step += 2;
  for (uint64_t i = 0, at = 0; i < rows; ++i, at = (at + step) % rows) {
    const Node node = node_at(at);
    char metadata[256], created[64];
    std::snprintf(metadata, sizeof metadata,
                  "{\"name\":\"node-%llu\",\"biome\":\"%s\",\"slope\":%.3f,\"tags\":[\"t%llu\","
                  "\"t%llu\"],\"source\":\"survey-%llu\"}",
                  static_cast<unsigned long long>(at), at % 3 != 0 ? "ocean" : "tundra",
                  static_cast<double>(at % 997) / 7, static_cast<unsigned long long>(at % 13),
                  static_cast<unsigned long long>(at % 31),
                  static_cast<unsigned long long>(at % 101));
    std::snprintf(created, sizeof created, "2024-%02d-%02dT%02d:%02d:%02dZ",
                  static_cast<int>(at % 12) + 1, static_cast<int>(at % 28) + 1,
                  static_cast<int>(at % 24), static_cast<int>(at % 60),
                  static_cast<int>(at / 7 % 60));
    sqlite3_bind_int64(insert, 1, static_cast<int64_t>(at));
    sqlite3_bind_double(insert, 2, coordinate(node.code, 0, node.level, -20e6, 40e6));
    sqlite3_bind_double(insert, 3, coordinate(node.code, 1, node.level, -10e6, 20e6));
    sqlite3_bind_double(insert, 4, coordinate(node.code, 2, node.level, -10e6, 20e6));
    sqlite3_bind_int64(insert, 5, node.level);
    if (at % 17 == 0) {
      sqlite3_bind_null(insert, 6);
    } else {
      sqlite3_bind_int64(insert, 6, static_cast<int64_t>(at % 7));
    }
    sqlite3_bind_double(insert, 7, static_cast<double>(at % 1000) * 2.5);
    const bool is_large = large_rows > 0 && i % (rows / large_rows) == rows / large_rows / 2;
    sqlite3_bind_text(insert, 8, is_large ? large.c_str() : metadata, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 9, created, -1, SQLITE_STATIC);
    check(sqlite3_step(insert) == SQLITE_DONE, "insert");
    sqlite3_reset(insert);
  }
  sqlite3_finalize(insert);
  sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(database);
}

struct Costs {
  uint64_t rows = 0, pack_ns = 0, merge_keys_ns = 0, deliver_ns = 0, finish_ns = 0;
  load::IngestTimes ingest;
  double total_ns() const {
    return static_cast<double>(pack_ns + ingest.prepare_ns + ingest.encode_ns + ingest.sort_ns +
                               finish_ns + merge_keys_ns + deliver_ns);
  }
};

void ingest_rows(const std::string& path, load::Ingest* ingest, Costs* costs) {
  sqlite3* database = nullptr;
  check(sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK,
        "open");
  sqlite3_enable_load_extension(database, 1);
  char* message = nullptr;
  check(sqlite3_load_extension(database, kExtension, nullptr, &message) == SQLITE_OK,
        message != nullptr ? message : kExtension);
  sqlite3_stmt* pack = nullptr;
  sqlite3_prepare_v2(database,
                     "SELECT octoload_pack('SELECT rowid, Id, X, Y, Z, Level, MaterialId, Density, "
                     "Metadata, Created, 1 FROM nodes WHERE rowid > ?1 AND rowid <= ?2 ORDER BY "
                     "rowid', ?, 9223372036854775807, ?, ?)",
                     -1, &pack, nullptr);
  std::vector<uint8_t> status;
  for (int64_t after = 0;;) {
    batch::SourceBatch rows;
    {
      const load::Stopwatch watch(&costs->pack_ns);
      sqlite3_bind_int64(pack, 1, after);
      sqlite3_bind_int64(pack, 2, kBatchRows);
      sqlite3_bind_int64(pack, 3, kBatchBytes);
      check(sqlite3_step(pack) == SQLITE_ROW, sqlite3_errmsg(database));
      const auto* block = static_cast<const uint8_t*>(sqlite3_column_blob(pack, 0));
      if (block == nullptr) break;
      check(batch::SourceBatch::parse({block, size_t(sqlite3_column_bytes(pack, 0))}, &rows),
            "parse");
    }
    if (rows.rows() == 0) break;
    status.resize(rows.rows());
    check(ingest->add(rows, {}, status), "ingest");
    after = rows.rowids()[rows.rows() - 1];
    sqlite3_reset(pack);
  }
  sqlite3_finalize(pack);
  sqlite3_close(database);
}

Costs measure(const std::string& table, const std::string& folder, uint64_t memory_bytes) {
  Costs costs;
  load::IngestOptions options;
  options.rows.frame = {{-20e6, -10e6, -10e6}, {40e6, 20e6, 20e6}};
  options.folder = folder;
  options.identity = "bench";
  options.memory_bytes = memory_bytes;
  options.orders = {true, false};
  std::unique_ptr<load::Ingest> ingest;
  check(load::Ingest::open(options, &ingest), "open ingest");
  ingest_rows(table, ingest.get(), &costs);
  {
    const load::Stopwatch watch(&costs.finish_ns);
    check(ingest->finish(), "finish ingest");
  }
  costs.ingest = ingest->times();
  std::unique_ptr<load::Derivation> derivation;
  {
    const load::Stopwatch watch(&costs.merge_keys_ns);
    check(load::Derivation::open({folder, "bench", memory_bytes / 4, {true, false}}, &derivation),
          "open derivation");
    for (bool is_done = false; !is_done;) {
      const load::StepStatus status = derivation->step(ingest->keys(), 8192, &is_done);
      check(status.sort, "derive");
      check(status.derive == derive::Status::kOk, "derive");
    }
    check(derivation->finish(), "finish derivation");
  }
  const load::Stopwatch watch(&costs.deliver_ns);
  std::unique_ptr<load::Delivery> delivery;
  check(load::Delivery::open(*ingest->rows(load::Order::kNode),
                             *derivation->derived(load::Order::kNode), {}, &delivery),
        "open delivery");
  std::vector<uint8_t> block(kBatchBytes);
  for (load::Delivery::Chunk chunk; !chunk.is_end;) {
    sort::Status status = delivery->next(16384, block, &chunk);
    if (status.code == sort::Code::kOutputTooSmall) {
      block.resize(static_cast<size_t>(status.offset));
      status = delivery->next(16384, block, &chunk);
    }
    check(status, "deliver");
    costs.rows += chunk.rows;
  }
  return costs;
}

Costs run(const std::string& folder, uint64_t rows, uint64_t memory_mib, uint64_t large_rows) {
  const std::string table = folder + "/" + std::to_string(rows) + ".sqlite";
  struct stat facts;
  if (stat(table.c_str(), &facts) != 0) make_table(table, rows, large_rows);
  const std::string spill = folder + "/spill";
  check(std::system(("rm -rf '" + spill + "' && mkdir '" + spill + "'").c_str()) == 0, "mkdir");
  const Costs costs = measure(table, spill, memory_mib << 20);
  check(std::system(("rm -rf '" + spill + "'").c_str()) == 0, "rm");
  check(costs.rows == rows, "rows delivered");
  const auto ns = [&](uint64_t total) { return double(total) / double(rows); };
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "%10llu rows, %4llu MiB: pack %4.0f  prepare %4.0f  encode %4.0f  sort %4.0f + %4.0f"
      "  derive %4.0f  deliver %4.0f  in all %5.0f ns of CPU a row, peak RSS %ld MiB\n",
      static_cast<unsigned long long>(rows), static_cast<unsigned long long>(memory_mib),
      ns(costs.pack_ns), ns(costs.ingest.prepare_ns), ns(costs.ingest.encode_ns),
      ns(costs.ingest.sort_ns), ns(costs.finish_ns), ns(costs.merge_keys_ns), ns(costs.deliver_ns),
      costs.total_ns() / double(rows), usage.ru_maxrss / 1024);
  return costs;
}

uint64_t argument(int count, char** values, int index, uint64_t fallback) {
  return count > index ? std::strtoull(values[index], nullptr, 10) : fallback;
}

}  // namespace

int main(int count, char** values) {
  check(count > 1, "give a folder");
  const std::string folder = values[1];
  mkdir(folder.c_str(), 0700);
  const uint64_t rows = argument(count, values, 2, 5'000'000);
  const uint64_t memory_mib = argument(count, values, 3, 256);
  const uint64_t large_rows = argument(count, values, 4, 3);
  // The small one first: the peak memory then is each one's own.
  const Costs tenth = run(folder, rows / 10, memory_mib / 8 < 8 ? 8 : memory_mib / 8, 0);
  const Costs small_memory = run(folder, rows, memory_mib / 8 < 8 ? 8 : memory_mib / 8, 0);
  std::printf("ten times the rows: %.2f times the CPU\n",
              small_memory.total_ns() / tenth.total_ns());
  run(folder, rows, memory_mib, large_rows);
}
