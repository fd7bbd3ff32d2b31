// Tensors as the loops of `kernels.h` see them.
#pragma once

#include <ATen/ATen.h>

#include <numeric>

#include "kernels.h"

namespace epnas {

// Parts of a tensor that are summed apart, whatever the number of threads.
constexpr int64_t kParts = 16;

// Numbers of the longest vectors of two bytes each; shorter rows would be left to scalar code.
constexpr int64_t kVector = 32;

// How long the repeated coefficients of so many channels are.
inline int64_t period_of(int64_t channels) {
    return channels < 128 ? channels / std::gcd(channels, kVector) * kVector : channels;
}

inline at::Tensor channels_last(const at::Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast); }

// Memory of a tensor as the loops see it.
template <typename T>
struct Memory;
template <>
struct Memory<float> {
    static const float* read(const at::Tensor& x) { return x.defined() ? x.const_data_ptr<float>() : nullptr; }
    static float* write(at::Tensor& x) { return x.defined() ? x.mutable_data_ptr<float>() : nullptr; }
};
template <>
struct Memory<Bf16> {
    static const Bf16* read(const at::Tensor& x) {
        return x.defined() ? reinterpret_cast<const Bf16*>(x.const_data_ptr<at::BFloat16>()) : nullptr;
    }
    static Bf16* write(at::Tensor& x) {
        return x.defined() ? reinterpret_cast<Bf16*>(x.mutable_data_ptr<at::BFloat16>()) : nullptr;
    }
};

// Calls `work` with a number of the type that the elements of `x` have.
template <typename Work>
void with_type(const at::Tensor& x, Work work) {
    if (x.scalar_type() == at::kFloat) {
        work(float{});
    } else {
        TORCH_CHECK(x.scalar_type() == at::kBFloat16, "32-bit or bf16 numbers are expected, not ", x.scalar_type());
        work(Bf16{});
    }
}
}  // namespace epnas
