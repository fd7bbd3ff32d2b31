// Loops over plain memory, compiled once for each generation of processors; nothing of libtorch.
//
// Tensors have their channels last: rows of C numbers, one row a place of an image. Coefficients of channels are handed
// over repeated until they fill whole vectors: `period` numbers, a multiple of C. `count` is a number of elements.
#pragma once

#include <cstdint>

namespace epnas {

// A number of 16 bits, the upper half of one of 32.
struct Bf16 {
    uint16_t bits;
};

template <typename T>
struct Kernels {
    // Adds to `sum` and `square` (period numbers each) x − origin and its square.
    void (*sums)(const T* x, int64_t count, int64_t period, const float* origin, double* sum, double* square);

    // y = x · scale + shift, plus `other` where it is given, made at least 0 where `rectified`.
    void (*apply)(const T* x, const T* other, T* y, int64_t count, int64_t period, const float* scale, const float* shift,
                  bool rectified);

    // The gradient g of x · scale + shift is dy, or 0 where the rectifier was at work: where y is not above 0 (then g is
    // also written), without y where x · scale + shift is not. Adds g and g · (x − mean) to `sum` and `product`.
    void (*back_sums)(const T* x, const T* y, const T* dy, T* g, int64_t count, int64_t period, const float* scale,
                      const float* shift, const float* mean, double* sum, double* product, bool rectified);

    // dx = g · scale − x · slope + offset, with g made of dy by x · scale + shift where `rectified`.
    void (*back_apply)(const T* x, const T* dy, T* dx, int64_t count, int64_t period, const float* scale, const float* shift,
                       const float* slope, const float* offset, bool rectified);

    // One image, height × width × channels, to its largest numbers in windows, and which place of the window they had.
    void (*max_pool)(const T* x, T* y, uint8_t* place, int64_t channels, int64_t height, int64_t width, int64_t kernel,
                     int64_t stride);

    // The way back; dx is overwritten.
    void (*max_pool_back)(const T* dy, const uint8_t* place, T* dx, int64_t channels, int64_t height, int64_t width,
                          int64_t kernel, int64_t stride);

    // One image to the means of its windows; what is padded does not count.
    void (*mean_pool)(const T* x, T* y, int64_t channels, int64_t height, int64_t width, int64_t kernel, int64_t stride);

    // The way back; dx is overwritten.
    void (*mean_pool_back)(const T* dy, T* dx, int64_t channels, int64_t height, int64_t width, int64_t kernel,
                           int64_t stride);

    // Adds to `sum`, kernel × kernel × channels, what one image gives to the gradient of the weights of a convolution that
    // looks at each channel apart.
    void (*depthwise_back)(const T* x, const T* dy, double* sum, int64_t channels, int64_t height, int64_t width,
                           int64_t kernel, int64_t stride);
};

// Of the best generation that the processor at hand has.
template <typename T>
const Kernels<T>& kernels();

}  // namespace epnas
