// Where windows over an image read, for `kernels.cpp`.
#pragma once

#include <algorithm>
#include <cstdint>

namespace epnas {
namespace {

// Where the windows of a pool or a convolution lie, padded by (kernel − 1) / 2. Columns of equal remainder by the stride are brought together, `phases`, so that
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

}  // namespace
}  // namespace epnas
