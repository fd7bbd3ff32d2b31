// Numbers of 32 bits and of 16, for the loops of `kernels.cpp`.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels.h"

namespace epnas {
namespace {

inline float wide(float value) { return value; }

inline float wide(Bf16 value) {
    uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
    float number;
    std::memcpy(&number, &bits, sizeof number);
    return number;
}

inline void store(float* to, float number) { *to = number; }

// To the nearest, ties to even.
inline void store(Bf16* to, float number) {
    uint32_t bits;
    std::memcpy(&bits, &number, sizeof bits);
    uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    to->bits = static_cast<uint16_t>(number != number ? 0x7fc0u : rounded);
}

// What is no number stays so, as a training that diverges must be noticed.
inline float rectify(float number) { return number < 0.0f ? 0.0f : number; }

}  // namespace
}  // namespace epnas
