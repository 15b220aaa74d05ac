// A float32 as the shortest decimal text that reads back as the same float32:
// of several as short the nearest to it.
//
// The digits are laid out as ECMA-262 does (Number::toString): 1, 0.5, 0.000001,
// 1e-7, 1.5e-7, 123, 1e+21, NaN, Infinity; only that a negative zero is -0.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octoload::resp {

inline constexpr size_t kMaxFloatText = 24;

// Puts the text, which may take kMaxFloatText bytes; gives the place behind it.
uint8_t* put_float(uint8_t* to, float value) noexcept;

}  // namespace octoload::resp
