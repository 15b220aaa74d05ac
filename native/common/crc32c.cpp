#include "crc32c.h"

#include <array>
#include <bit>
#include <cstring>

namespace octoload {
namespace {

static_assert(std::endian::native == std::endian::little, "the tables are used little-endian");

constexpr uint32_t kReflectedPolynomial = 0x82F63B78u;
constexpr size_t kSlices = 8;

using Tables = std::array<std::array<uint32_t, 256>, kSlices>;

// tables[0][b] is the state after the byte b; tables[k][b] after b and then k
// zero bytes. The method is Kounavis and Berry's, "Novel Table Lookup-Based
// Algorithms for High-Performance CRC Generation" (IEEE ToC, 2008).
constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t state = byte;
    for (int bit = 0; bit < 8; ++bit) {
      state = (state >> 1) ^ ((state & 1) != 0 ? kReflectedPolynomial : 0u);
    }
    tables[0][byte] = state;
  }
  for (size_t k = 1; k < kSlices; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

uint32_t step_8_bytes(uint32_t state, const uint8_t* data) noexcept {
  uint64_t word;
  std::memcpy(&word, data, sizeof word);
  word ^= state;
  uint32_t next = 0;
  for (size_t k = 0; k < kSlices; ++k) {
    next ^= kTables[kSlices - 1 - k][(word >> (8 * k)) & 0xFF];
  }
  return next;
}

}  // namespace

uint32_t crc32c_update_software(uint32_t state, const uint8_t* data, size_t size) noexcept {
  for (; size >= 8; size -= 8, data += 8) state = step_8_bytes(state, data);
  for (; size > 0; --size, ++data) state = (state >> 8) ^ kTables[0][(state ^ *data) & 0xFF];
  return state;
}

Crc32cUpdate crc32c_update() noexcept {
  static const Crc32cUpdate chosen = [] {
    const Crc32cUpdate hardware = crc32c_update_hardware();
    return hardware != nullptr ? hardware : &crc32c_update_software;
  }();
  return chosen;
}

#if !defined(__x86_64__) && !defined(__aarch64__)
Crc32cUpdate crc32c_update_hardware() noexcept { return nullptr; }
#endif

}  // namespace octoload
