// The functions that Rust calls. Each returns null, or a message that the caller frees with `epnas_free`: no exception may
// pass into Rust.
#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <vector>

#include <ATen/DeviceAccelerator.h>
#include <ATen/core/grad_mode.h>

#include "shim.h"

namespace {

template <typename Work>
char* guarded(Work work) {
    try {
        work();
        return nullptr;
    } catch (const std::exception& error) {
        return strdup(error.what());
    }
}

}  // namespace

extern "C" {

void epnas_free(char* message) { std::free(message); }

void epnas_release_memory(bool of_gpu) {
    if (of_gpu) {
        try {
            at::accelerator::emptyCache();
        } catch (const std::exception&) {
            // There is no allocator to give anything back.
        }
    }
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

char* epnas_norm(at::Tensor** result, const at::Tensor* x, const at::Tensor* const* parameters, const at::Tensor* other,
                 bool rectified, bool training, double momentum, double epsilon) {
    return guarded([&] {
        at::Tensor y = epnas::norm(*x, *parameters[0], *parameters[1], *parameters[2], *parameters[3],
                                   other == nullptr ? at::Tensor() : *other, rectified, training, momentum, epsilon);
        *result = new at::Tensor(std::move(y));
    });
}

char* epnas_max_pool(at::Tensor** result, const at::Tensor* x, int64_t kernel, int64_t stride) {
    return guarded([&] { *result = new at::Tensor(epnas::max_pool(*x, kernel, stride)); });
}

char* epnas_mean_pool(at::Tensor** result, const at::Tensor* x, int64_t kernel, int64_t stride) {
    return guarded([&] { *result = new at::Tensor(epnas::mean_pool(*x, kernel, stride)); });
}

char* epnas_depthwise(at::Tensor** result, const at::Tensor* x, const at::Tensor* weight, int64_t stride) {
    return guarded([&] { *result = new at::Tensor(epnas::depthwise(*x, *weight, stride)); });
}

char* epnas_sgd(const at::Tensor* weights, const at::Tensor* gradient, const at::Tensor* momentum_buffer, double rate,
                double momentum, double decay) {
    return guarded([&] {
        at::NoGradGuard guard;
        // Without momentum libtorch takes no buffer, and there is nothing to look ahead with.
        std::vector<at::Tensor> buffers;
        if (momentum != 0) {
            buffers.push_back(*momentum_buffer);
        }
        at::_fused_sgd_({*weights}, {*gradient}, buffers, decay, momentum, rate, 0, momentum != 0, false, false);
    });
}

char* epnas_adamw(const at::Tensor* weights, const at::Tensor* gradient, const at::Tensor* const* moments, double steps,
                  double rate, const double* betas, double decay, double epsilon) {
    return guarded([&] {
        at::NoGradGuard guard;
        at::Tensor step = at::full({}, steps, weights->options().dtype(at::kFloat));
        at::_fused_adamw_({*weights}, {*gradient}, {*moments[0]}, {*moments[1]}, {}, {step}, rate, betas[0], betas[1], decay,
                          epsilon, false, false);
    });
}

char* epnas_set_deterministic(bool on) {
    return guarded([&] { at::globalContext().setDeterministicAlgorithms(on, false); });
}

char* epnas_set_tf32(bool on) {
    return guarded([&] {
        at::globalContext().setAllowTF32CuBLAS(on);
        at::globalContext().setAllowTF32CuDNN(on);
    });
}
}
