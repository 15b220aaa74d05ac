// LZ4's C interface (npm package lz4, LZ4 1.9.2), including the functions it
// offers to programs that link it statically.
#pragma once

#ifndef LZ4_STATIC_LINKING_ONLY
#define LZ4_STATIC_LINKING_ONLY
#endif
#include <lz4.h>
