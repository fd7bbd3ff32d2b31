// Gradients of the weights of convolutions that look at each channel apart, for `kernels.cpp`.
#pragma once

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <vector>

#include "loops_numbers.h"
#include "loops_windows.h"

namespace epnas {
namespace {

// Rows of the window that are multiplied at once: their sums stay in registers.
constexpr int64_t kTaps = 8;

// Adds to the sums of `taps` places of a window, for Width channels, the products of a row of gradients with what each place
// reads. Numbers of one column lie `step` behind those of the one before.
template <int64_t Width>
void taps(const float* dy, const float* const* reads, float* const* sums, int64_t count, int64_t columns, int64_t step) {
    typedef float Vector __attribute__((vector_size(Width * sizeof(float))));
    auto load = [](const float* from) {
        Vector numbers;
        std::memcpy(&numbers, from, sizeof numbers);
        return numbers;
    };
    auto run = [&](auto constant) {
        constexpr int64_t kCount = decltype(constant)::value;
        Vector all[kCount] = {};
        for (int64_t column = 0; column < columns; ++column) {
            Vector gradient = load(dy + column * step);
            for (int64_t j = 0; j < kCount; ++j) all[j] += gradient * load(reads[j] + column * step);
        }
        for (int64_t j = 0; j < kCount; ++j) {
            Vector sum = load(sums[j]) + all[j];
            std::memcpy(sums[j], &sum, sizeof sum);
        }
    };
    switch (count) {
        case 1: return run(std::integral_constant<int64_t, 1>());
        case 2: return run(std::integral_constant<int64_t, 2>());
        case 3: return run(std::integral_constant<int64_t, 3>());
        case 4: return run(std::integral_constant<int64_t, 4>());
        case 5: return run(std::integral_constant<int64_t, 5>());
        case 6: return run(std::integral_constant<int64_t, 6>());
        case 7: return run(std::integral_constant<int64_t, 7>());
        default: return run(std::integral_constant<int64_t, kTaps>());
    }
}

template <typename T>
void depthwise_back(const T* x, const T* dy, double* sum, int64_t channels, int64_t height, int64_t width, int64_t kernel,
                    int64_t stride) {
    Windows windows(channels, height, width, kernel, stride);
    // Rows with columns of zeros at both ends, so that every place of the window reads all windows of a row.
    int64_t margin = kernel / stride + 1, length = windows.slots + 2 * margin, size = windows.columns * channels;
    std::vector<float> phases(stride * length * channels, 0.0f), above(size), sums(kernel * kernel * channels, 0.0f);
    auto at = [&](int64_t phase, int64_t slot) { return (phase * length + margin + slot) * channels; };
    std::vector<int64_t> begins(kernel);
    for (int64_t j = 0; j < kernel; ++j) {
        int64_t from = j - windows.padding, phase = ((from % stride) + stride) % stride;
        begins[j] = at(phase, (from - phase) / stride);
    }
    for (int64_t line = 0; line < height; ++line) {
        const T* from = x + line * width * channels;
        for (int64_t column = 0; column < width; ++column) {
            float* to = phases.data() + at(column % stride, column / stride);
            for (int64_t c = 0; c < channels; ++c) to[c] = wide(from[column * channels + c]);
        }
        for (int64_t i = 0; i < kernel; ++i) {
            int64_t top = line + windows.padding - i, row = top / stride;
            if (top < 0 || top % stride != 0 || row >= windows.rows) continue;
            for (int64_t c = 0; c < size; ++c) above[c] = wide(dy[row * size + c]);
            for (int64_t first = 0; first < kernel; first += kTaps) {
                int64_t count = std::min(kTaps, kernel - first);
                const float* reads[kTaps];
                float* to[kTaps];
                auto point = [&](int64_t c) {
                    for (int64_t j = 0; j < count; ++j) {
                        reads[j] = phases.data() + begins[first + j] + c;
                        to[j] = sums.data() + (i * kernel + first + j) * channels + c;
                    }
                };
                int64_t c = 0;
                for (; c + 16 <= channels; c += 16) {
                    point(c);
                    taps<16>(above.data() + c, reads, to, count, windows.columns, channels);
                }
                for (; c + 8 <= channels; c += 8) {
                    point(c);
                    taps<8>(above.data() + c, reads, to, count, windows.columns, channels);
                }
                for (; c + 4 <= channels; c += 4) {
                    point(c);
                    taps<4>(above.data() + c, reads, to, count, windows.columns, channels);
                }
                for (; c < channels; ++c) {
                    point(c);
                    taps<1>(above.data() + c, reads, to, count, windows.columns, channels);
                }
            }
        }
    }
    for (int64_t c = 0; c < kernel * kernel * channels; ++c) sum[c] += sums[c];
}

}  // namespace
}  // namespace epnas
