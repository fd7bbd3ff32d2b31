// What tch does not expose of libtorch, and what libtorch does slowly on a processor. `shim.rs` says it for Rust.
#pragma once

#include <ATen/ATen.h>

namespace epnas {

// Batch normalisation, then `other` added where it is defined, then a rectifier where `rectified`.
at::Tensor norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& mean,
                const at::Tensor& variance, const at::Tensor& other, bool rectified, bool training, double momentum,
                double epsilon);

// The largest of each window, padded by (kernel − 1) / 2.
at::Tensor max_pool(const at::Tensor& x, int64_t kernel, int64_t stride);

// The mean of each window, of what is inside.
at::Tensor mean_pool(const at::Tensor& x, int64_t kernel, int64_t stride);

// Convolution of each channel apart, padded by (kernel − 1) / 2. 32-bit numbers.
at::Tensor depthwise(const at::Tensor& x, const at::Tensor& weight, int64_t stride);

}  // namespace epnas
