// Pools: the place of a maximum is remembered in one byte, where libtorch takes eight, and means are taken along rows and
// columns one after the other. On a processor, for tensors with their channels last.
#include "shim.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "memory.h"

namespace epnas {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Sizes of what is pooled and of what comes out.
struct Pool {
    Pool(c10::IntArrayRef of, int64_t kernel, int64_t stride)
        : images(of[0]), channels(of[1]), height(of[2]), width(of[3]), kernel(kernel), stride(stride),
          rows((height + stride - 1) / stride), columns((width + stride - 1) / stride) {}

    int64_t wide() const { return channels * height * width; }
    int64_t narrow() const { return channels * rows * columns; }

    Tensor result(const Tensor& x, at::ScalarType type) const {
        return at::empty({images, channels, rows, columns}, x.options().dtype(type).memory_format(at::MemoryFormat::ChannelsLast));
    }

    Tensor gradient(const Tensor& dy) const {
        return at::empty({images, channels, height, width}, dy.options().memory_format(at::MemoryFormat::ChannelsLast));
    }

    template <typename Work>
    void each_image(Work work) const {
        at::parallel_for(0, images, 1, [&](int64_t begin, int64_t end) {
            for (int64_t image = begin; image < end; ++image) work(image);
        });
    }

    void keep(AutogradContext* context) const {
        context->saved_data["size"] = std::vector<int64_t>{images, channels, height, width};
        context->saved_data["window"] = std::vector<int64_t>{kernel, stride};
    }

    static Pool kept(AutogradContext* context) {
        auto window = context->saved_data["window"].toIntVector();
        return {context->saved_data["size"].toIntVector(), window[0], window[1]};
    }

    int64_t images, channels, height, width, kernel, stride, rows, columns;
};

struct MaxPool : torch::autograd::Function<MaxPool> {
    static Tensor forward(AutogradContext* context, const Tensor& given, int64_t kernel, int64_t stride) {
        Tensor x = channels_last(given);
        Pool pool(x.sizes(), kernel, stride);
        Tensor y = pool.result(x, x.scalar_type()), place = pool.result(x, at::kByte);
        uint8_t* places = place.mutable_data_ptr<uint8_t>();
        with_type(x, [&](auto type) {
            using T = decltype(type);
            const T* from = Memory<T>::read(x);
            T* to = Memory<T>::write(y);
            pool.each_image([&](int64_t image) {
                kernels<T>().max_pool(from + image * pool.wide(), to + image * pool.narrow(), places + image * pool.narrow(),
                                      pool.channels, pool.height, pool.width, kernel, stride);
            });
        });
        context->save_for_backward({place});
        pool.keep(context);
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        Pool pool = Pool::kept(context);
        Tensor dy = channels_last(gradients[0]), place = context->get_saved_variables()[0], dx = pool.gradient(dy);
        const uint8_t* places = place.const_data_ptr<uint8_t>();
        with_type(dy, [&](auto type) {
            using T = decltype(type);
            const T* from = Memory<T>::read(dy);
            T* to = Memory<T>::write(dx);
            pool.each_image([&](int64_t image) {
                kernels<T>().max_pool_back(from + image * pool.narrow(), places + image * pool.narrow(), to + image * pool.wide(),
                                           pool.channels, pool.height, pool.width, pool.kernel, pool.stride);
            });
        });
        return {dx, Tensor(), Tensor()};
    }
};

struct MeanPool : torch::autograd::Function<MeanPool> {
    static Tensor forward(AutogradContext* context, const Tensor& given, int64_t kernel, int64_t stride) {
        Tensor x = channels_last(given);
        Pool pool(x.sizes(), kernel, stride);
        Tensor y = pool.result(x, x.scalar_type());
        with_type(x, [&](auto type) {
            using T = decltype(type);
            const T* from = Memory<T>::read(x);
            T* to = Memory<T>::write(y);
            pool.each_image([&](int64_t image) {
                kernels<T>().mean_pool(from + image * pool.wide(), to + image * pool.narrow(), pool.channels, pool.height,
                                       pool.width, kernel, stride);
            });
        });
        pool.keep(context);
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        Pool pool = Pool::kept(context);
        Tensor dy = channels_last(gradients[0]), dx = pool.gradient(dy);
        with_type(dy, [&](auto type) {
            using T = decltype(type);
            const T* from = Memory<T>::read(dy);
            T* to = Memory<T>::write(dx);
            pool.each_image([&](int64_t image) {
                kernels<T>().mean_pool_back(from + image * pool.narrow(), to + image * pool.wide(), pool.channels, pool.height,
                                            pool.width, pool.kernel, pool.stride);
            });
        });
        return {dx, Tensor(), Tensor()};
    }
};

}  // namespace

Tensor max_pool(const Tensor& x, int64_t kernel, int64_t stride) { return MaxPool::apply(x, kernel, stride); }

Tensor mean_pool(const Tensor& x, int64_t kernel, int64_t stride) { return MeanPool::apply(x, kernel, stride); }

}  // namespace epnas
