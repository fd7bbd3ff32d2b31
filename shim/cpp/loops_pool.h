// Maxima and means of windows, for `kernels.cpp`.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "loops_numbers.h"
#include "loops_windows.h"

namespace epnas {
namespace {

// Brings the phases of a row of the image together again.
template <typename T>
void store_row(const Windows& windows, const std::vector<float>& phases, T* to) {
    if (windows.stride == 1) {
        for (int64_t c = 0; c < windows.width * windows.channels; ++c) store(to + c, phases[c]);
    } else {
        windows.each_pixel([&](int64_t pixel, int64_t at) {
            for (int64_t c = 0; c < windows.channels; ++c) store(to + pixel + c, phases[at + c]);
        });
    }
}

template <typename T>
void max_pool(const T* x, T* y, uint8_t* place, int64_t channels, int64_t height, int64_t width, int64_t kernel,
              int64_t stride) {
    Windows windows(channels, height, width, kernel, stride);
    int64_t size = windows.columns * channels;
    std::vector<float> phases(windows.row_size()), largest(size);
    std::vector<int32_t> places(size);
    float* __restrict best = largest.data();
    int32_t* __restrict where = places.data();
    for (int64_t row = 0; row < windows.rows; ++row) {
        std::fill(best, best + size, -std::numeric_limits<float>::infinity());
        std::fill(where, where + size, 0);
        for (int64_t i = 0; i < kernel; ++i) {
            int64_t line = row * stride - windows.padding + i;
            if (line < 0 || line >= height) continue;
            const T* from = x + line * width * channels;
            if (stride == 1) {
                for (int64_t c = 0; c < width * channels; ++c) phases[c] = wide(from[c]);
            } else {
                windows.each_pixel([&](int64_t pixel, int64_t at) {
                    for (int64_t c = 0; c < channels; ++c) phases[at + c] = wide(from[pixel + c]);
                });
            }
            for (int64_t j = 0; j < kernel; ++j) {
                int32_t here = static_cast<int32_t>(i * kernel + j);
                windows.column(j, [&](int64_t first, int64_t last, int64_t phase, int64_t slot) {
                    const float* __restrict read = phases.data() + windows.at(phase, slot);
                    float* __restrict b = best + first * channels;
                    int32_t* __restrict w = where + first * channels;
                    for (int64_t c = 0; c < (last - first) * channels; ++c) {
                        bool better = (read[c] > b[c]) | (read[c] != read[c]);
                        b[c] = better ? read[c] : b[c];
                        w[c] = better ? here : w[c];
                    }
                });
            }
        }
        for (int64_t c = 0; c < size; ++c) store(y + row * size + c, best[c]);
        for (int64_t c = 0; c < size; ++c) place[row * size + c] = static_cast<uint8_t>(where[c]);
    }
}

template <typename T>
void max_pool_back(const T* dy, const uint8_t* place, T* dx, int64_t channels, int64_t height, int64_t width,
                   int64_t kernel, int64_t stride) {
    Windows windows(channels, height, width, kernel, stride);
    int64_t size = windows.columns * channels;
    // Windows overlap: sums are of 32 bits, row by row of the image.
    std::vector<float> sums(windows.row_size());
    for (int64_t line = 0; line < height; ++line) {
        std::fill(sums.begin(), sums.end(), 0.0f);
        for (int64_t i = 0; i < kernel; ++i) {
            int64_t top = line + windows.padding - i;
            int64_t row = top / stride;
            if (top < 0 || top % stride != 0 || row >= windows.rows) continue;
            for (int64_t j = 0; j < kernel; ++j) {
                int32_t here = static_cast<int32_t>(i * kernel + j);
                windows.column(j, [&](int64_t first, int64_t last, int64_t phase, int64_t slot) {
                    float* __restrict to = sums.data() + windows.at(phase, slot);
                    const T* __restrict above = dy + row * size + first * channels;
                    const uint8_t* __restrict where = place + row * size + first * channels;
                    for (int64_t c = 0; c < (last - first) * channels; ++c)
                        to[c] += where[c] == here ? wide(above[c]) : 0.0f;
                });
            }
        }
        store_row(windows, sums, dx + line * width * channels);
    }
}

// By how much the sum of each window of a row is multiplied for its mean, but for the number of rows in the window.
std::vector<float> shares(const Windows& windows) {
    std::vector<float> all(windows.columns * windows.channels);
    for (int64_t column = 0; column < windows.columns; ++column) {
        int64_t left = column * windows.stride - windows.padding;
        int64_t inside = std::min(windows.kernel, windows.width - left) - std::max<int64_t>(0, -left);
        std::fill_n(all.begin() + column * windows.channels, windows.channels, 1.0f / static_cast<float>(inside));
    }
    return all;
}

// The same for the rows.
inline float share(const Windows& windows, int64_t row) {
    int64_t top = row * windows.stride - windows.padding;
    return 1.0f / static_cast<float>(std::min(windows.kernel, windows.height - top) - std::max<int64_t>(0, -top));
}

template <typename T>
void mean_pool(const T* x, T* y, int64_t channels, int64_t height, int64_t width, int64_t kernel, int64_t stride) {
    Windows windows(channels, height, width, kernel, stride);
    int64_t size = windows.columns * channels;
    std::vector<float> phases(windows.row_size()), sums(size), all = shares(windows);
    const float* __restrict across = all.data();
    for (int64_t row = 0; row < windows.rows; ++row) {
        // Down the columns first, then along the row.
        std::fill(phases.begin(), phases.end(), 0.0f);
        for (int64_t i = 0; i < kernel; ++i) {
            int64_t line = row * stride - windows.padding + i;
            if (line < 0 || line >= height) continue;
            const T* from = x + line * width * channels;
            if (stride == 1) {
                for (int64_t c = 0; c < width * channels; ++c) phases[c] += wide(from[c]);
            } else {
                windows.each_pixel([&](int64_t pixel, int64_t at) {
                    for (int64_t c = 0; c < channels; ++c) phases[at + c] += wide(from[pixel + c]);
                });
            }
        }
        std::fill(sums.begin(), sums.end(), 0.0f);
        for (int64_t j = 0; j < kernel; ++j) {
            windows.column(j, [&](int64_t first, int64_t last, int64_t phase, int64_t slot) {
                const float* __restrict read = phases.data() + windows.at(phase, slot);
                float* __restrict to = sums.data() + first * channels;
                for (int64_t c = 0; c < (last - first) * channels; ++c) to[c] += read[c];
            });
        }
        float down = share(windows, row);
        for (int64_t c = 0; c < size; ++c) store(y + row * size + c, sums[c] * across[c] * down);
    }
}

template <typename T>
void mean_pool_back(const T* dy, T* dx, int64_t channels, int64_t height, int64_t width, int64_t kernel, int64_t stride) {
    Windows windows(channels, height, width, kernel, stride);
    int64_t size = windows.columns * channels;
    std::vector<float> sums(windows.row_size()), above(size), all = shares(windows);
    const float* __restrict across = all.data();
    for (int64_t line = 0; line < height; ++line) {
        std::fill(above.begin(), above.end(), 0.0f);
        for (int64_t i = 0; i < kernel; ++i) {
            int64_t top = line + windows.padding - i, row = top / stride;
            if (top < 0 || top % stride != 0 || row >= windows.rows) continue;
            float down = share(windows, row);
            for (int64_t c = 0; c < size; ++c) above[c] += wide(dy[row * size + c]) * across[c] * down;
        }
        std::fill(sums.begin(), sums.end(), 0.0f);
        for (int64_t j = 0; j < kernel; ++j) {
            windows.column(j, [&](int64_t first, int64_t last, int64_t phase, int64_t slot) {
                float* __restrict to = sums.data() + windows.at(phase, slot);
                const float* __restrict read = above.data() + first * channels;
                for (int64_t c = 0; c < (last - first) * channels; ++c) to[c] += read[c];
            });
        }
        store_row(windows, sums, dx + line * width * channels);
    }
}

}  // namespace
}  // namespace epnas
