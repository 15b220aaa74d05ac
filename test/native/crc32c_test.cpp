// CRC-32C against published values, and the instruction against the tables.
#include "../../native/common/crc32c.h"

#include <cstdlib>
#include <cstring>
#include <vector>

#include "check.h"
#include "random.h"

using namespace octoload;
using test::Random;

namespace {

uint32_t checksum(Crc32cUpdate update, const std::vector<uint8_t>& bytes) {
  return crc32c_finish(update(kCrc32cInitial, bytes.data(), bytes.size()));
}

// RFC 3720, appendix B.4, and the check value of the usual CRC catalogues.
void test_published_values(Crc32cUpdate update) {
  const char* digits = "123456789";
  CHECK_EQ(checksum(update, {digits, digits + 9}), 0xE3069283u);
  CHECK_EQ(checksum(update, std::vector<uint8_t>(32, 0x00)), 0x8A9136AAu);
  CHECK_EQ(checksum(update, std::vector<uint8_t>(32, 0xFF)), 0x62A8AB43u);
  std::vector<uint8_t> ascending, descending;
  for (uint8_t i = 0; i < 32; ++i) ascending.push_back(i);
  for (uint8_t i = 32; i > 0; --i) descending.push_back(static_cast<uint8_t>(i - 1));
  CHECK_EQ(checksum(update, ascending), 0x46DD794Eu);
  CHECK_EQ(checksum(update, descending), 0x113FDB5Cu);
  CHECK_EQ(checksum(update, {}), 0u);
}

// At every alignment, in one piece and in two.
void test_against_software(Crc32cUpdate update, Random& random, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    std::vector<uint8_t> bytes(random.next() % 300 + 8);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next());
    const size_t begin = random.next() % 8;
    const size_t size = bytes.size() - begin;
    const size_t split = random.next() % (size + 1);
    const auto state = static_cast<uint32_t>(random.next());
    const uint8_t* data = bytes.data() + begin;
    const uint32_t expected = crc32c_update_software(state, data, size);
    CHECK_EQ(update(state, data, size), expected);
    CHECK_EQ(update(update(state, data, split), data + split, size - split), expected);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const size_t effort = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
  Random random(32);
  test_published_values(&crc32c_update_software);
  test_published_values(crc32c_update());
  test_against_software(&crc32c_update_software, random, effort * 2000);
  test_against_software(crc32c_update(), random, effort * 10000);
  const bool hardware = crc32c_update_hardware() != nullptr;
  CHECK(crc32c_update() == (hardware ? crc32c_update_hardware() : &crc32c_update_software));
  return test::check_report(hardware ? "crc32c (with instruction)" : "crc32c (software only)");
}
