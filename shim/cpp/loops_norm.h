// Normalisation and what follows it, for `kernels.cpp`.
#pragma once

#include <algorithm>
#include <vector>

#include "loops_numbers.h"

namespace epnas {
namespace {

// Sums are of 32 bits over so many periods, then of 64.
constexpr int64_t kBlock = 64;

// A buffer of two rows of sums.
struct Sums {
    explicit Sums(int64_t period) : period(period), numbers(2 * period, 0.0f) {}
    float* first() { return numbers.data(); }
    float* second() { return numbers.data() + period; }
    void flush(double* a, double* b) {
        for (int64_t i = 0; i < period; ++i) {
            a[i] += numbers[i];
            b[i] += numbers[period + i];
        }
        std::fill(numbers.begin(), numbers.end(), 0.0f);
    }
    int64_t period;
    std::vector<float> numbers;
};

// Calls `row(offset, length)` for each period of `count` elements; the last one may be shorter.
template <typename Row>
inline void periods(int64_t count, int64_t period, Row row) {
    int64_t offset = 0;
    for (; offset + period <= count; offset += period) row(offset, period);
    if (offset < count) row(offset, count - offset);
}

template <typename T>
void sums(const T* x, int64_t count, int64_t period, const float* __restrict origin, double* sum, double* square) {
    Sums sums(period);
    float* __restrict a = sums.first();
    float* __restrict b = sums.second();
    int64_t rows = 0;
    periods(count, period, [&](int64_t offset, int64_t length) {
        const T* __restrict from = x + offset;
        for (int64_t i = 0; i < length; ++i) {
            float difference = wide(from[i]) - origin[i];
            a[i] += difference;
            b[i] += difference * difference;
        }
        if (++rows % kBlock == 0) sums.flush(sum, square);
    });
    sums.flush(sum, square);
}

template <typename T>
void apply(const T* x, const T* other, T* y, int64_t count, int64_t period, const float* __restrict scale,
           const float* __restrict shift, bool rectified) {
    auto run = [&](auto finish) {
        periods(count, period, [&](int64_t offset, int64_t length) {
            const T* __restrict from = x + offset;
            T* __restrict to = y + offset;
            if (other == nullptr) {
                for (int64_t i = 0; i < length; ++i) store(to + i, finish(wide(from[i]) * scale[i] + shift[i]));
            } else {
                const T* __restrict second = other + offset;
                for (int64_t i = 0; i < length; ++i)
                    store(to + i, finish(wide(from[i]) * scale[i] + shift[i] + wide(second[i])));
            }
        });
    };
    if (rectified)
        run([](float number) { return rectify(number); });
    else
        run([](float number) { return number; });
}

template <typename T>
void back_sums(const T* x, const T* y, const T* dy, T* g, int64_t count, int64_t period, const float* __restrict scale,
               const float* __restrict shift, const float* __restrict mean, double* sum, double* product,
               bool rectified) {
    Sums sums(period);
    float* __restrict a = sums.first();
    float* __restrict b = sums.second();
    int64_t rows = 0;
    periods(count, period, [&](int64_t offset, int64_t length) {
        const T* __restrict from = x + offset;
        const T* __restrict above = dy + offset;
        if (!rectified) {
            for (int64_t i = 0; i < length; ++i) {
                float gradient = wide(above[i]);
                a[i] += gradient;
                b[i] += gradient * (wide(from[i]) - mean[i]);
            }
        } else if (y == nullptr) {
            for (int64_t i = 0; i < length; ++i) {
                float number = wide(from[i]);
                float gradient = number * scale[i] + shift[i] <= 0.0f ? 0.0f : wide(above[i]);
                a[i] += gradient;
                b[i] += gradient * (number - mean[i]);
            }
        } else {
            const T* __restrict result = y + offset;
            T* __restrict to = g + offset;
            for (int64_t i = 0; i < length; ++i) {
                float gradient = wide(result[i]) <= 0.0f ? 0.0f : wide(above[i]);
                store(to + i, gradient);
                a[i] += gradient;
                b[i] += gradient * (wide(from[i]) - mean[i]);
            }
        }
        if (++rows % kBlock == 0) sums.flush(sum, product);
    });
    sums.flush(sum, product);
}

template <typename T>
void back_apply(const T* x, const T* dy, T* dx, int64_t count, int64_t period, const float* __restrict scale,
                const float* __restrict shift, const float* __restrict slope, const float* __restrict offset_of,
                bool rectified) {
    periods(count, period, [&](int64_t offset, int64_t length) {
        const T* __restrict from = x + offset;
        const T* __restrict above = dy + offset;
        T* __restrict to = dx + offset;
        if (rectified) {
            for (int64_t i = 0; i < length; ++i) {
                float number = wide(from[i]);
                float gradient = number * scale[i] + shift[i] <= 0.0f ? 0.0f : wide(above[i]);
                store(to + i, gradient * scale[i] - number * slope[i] + offset_of[i]);
            }
        } else {
            for (int64_t i = 0; i < length; ++i)
                store(to + i, wide(above[i]) * scale[i] - wide(from[i]) * slope[i] + offset_of[i]);
        }
    });
}

}  // namespace
}  // namespace epnas
