// CRC-32C (Castagnoli), the checksum of iSCSI (RFC 3720, appendix B.4):
// polynomial 0x1EDC6F41, reflected, initial value and final XOR all ones.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octoload {

inline constexpr uint32_t kCrc32cInitial = 0xFFFFFFFFu;

// Feeds `size` bytes into a running state. Start with kCrc32cInitial; the
// checksum is crc32c_finish() of the last state.
using Crc32cUpdate = uint32_t (*)(uint32_t state, const uint8_t* data, size_t size) noexcept;

inline constexpr uint32_t crc32c_finish(uint32_t state) noexcept { return ~state; }

// The fastest implementation this CPU runs, chosen on first use. Fetch it once
// a batch rather than once a call.
Crc32cUpdate crc32c_update() noexcept;

// Runs anywhere: eight table look-ups for eight bytes ("slicing by 8").
uint32_t crc32c_update_software(uint32_t state, const uint8_t* data, size_t size) noexcept;

// The instruction of SSE 4.2 or of ARMv8's CRC extension; nullptr where this
// build or this CPU has neither.
Crc32cUpdate crc32c_update_hardware() noexcept;

}  // namespace octoload
