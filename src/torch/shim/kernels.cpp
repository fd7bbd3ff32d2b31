// The loops of `kernels.h`, compiled once for each generation of processors; GENERATION is the name of this one's table.
#include "kernels.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

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

// Where windows of maximum pooling lie. Columns of equal remainder by the stride are brought together, `phases`, so that
// one place of the window reads one run of memory for all windows of a row.
struct Windows {
    Windows(int64_t channels, int64_t height, int64_t width, int64_t kernel, int64_t stride)
        : channels(channels), height(height), width(width), kernel(kernel), stride(stride), padding((kernel - 1) / 2),
          rows((height + stride - 1) / stride), columns((width + stride - 1) / stride), slots((width + stride - 1) / stride) {}

    // Calls `run(first, last, phase, slot)` for column j of the window: windows first … last − 1 read the slots from `slot`
    // on of that phase.
    template <typename Run>
    void column(int64_t j, Run run) const {
        int64_t from = j - padding;
        int64_t phase = ((from % stride) + stride) % stride, ahead = (from - phase) / stride;
        int64_t first = std::max<int64_t>(0, -ahead);
        // The last slot of a phase may be beyond the image.
        int64_t filled = (width - phase + stride - 1) / stride;
        int64_t last = std::min(columns, filled - ahead);
        if (first < last) run(first, last, phase, first + ahead);
    }

    int64_t row_size() const { return slots * stride * channels; }
    int64_t at(int64_t phase, int64_t slot) const { return (phase * slots + slot) * channels; }

    // Between a row of the image and its phases.
    template <typename Copy>
    void each_pixel(Copy copy) const {
        for (int64_t column = 0; column < width; ++column) copy(column * channels, at(column % stride, column / stride));
    }

    int64_t channels, height, width, kernel, stride, padding, rows, columns, slots;
};

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
        T* to = dx + line * width * channels;
        if (stride == 1) {
            for (int64_t c = 0; c < width * channels; ++c) store(to + c, sums[c]);
        } else {
            windows.each_pixel([&](int64_t pixel, int64_t at) {
                for (int64_t c = 0; c < channels; ++c) store(to + pixel + c, sums[at + c]);
            });
        }
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
        T* to = dx + line * width * channels;
        if (stride == 1) {
            for (int64_t c = 0; c < width * channels; ++c) store(to + c, sums[c]);
        } else {
            windows.each_pixel([&](int64_t pixel, int64_t at) {
                for (int64_t c = 0; c < channels; ++c) store(to + pixel + c, sums[at + c]);
            });
        }
    }
}

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

template <typename T>
constexpr Kernels<T> table() {
    return {sums<T>, apply<T>, back_sums<T>, back_apply<T>, max_pool<T>, max_pool_back<T>, mean_pool<T>,
            mean_pool_back<T>, depthwise_back<T>};
}

}  // namespace

#define JOIN(a, b) a##b
#define NAMED(a, b) JOIN(a, b)
extern const Kernels<float> NAMED(float_, GENERATION);
extern const Kernels<Bf16> NAMED(bf16_, GENERATION);
const Kernels<float> NAMED(float_, GENERATION) = table<float>();
const Kernels<Bf16> NAMED(bf16_, GENERATION) = table<Bf16>();

}  // namespace epnas
