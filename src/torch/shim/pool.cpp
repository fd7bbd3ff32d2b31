// Maximum pooling that remembers places in one byte, where libtorch takes eight; on a processor, channels last.
#include "shim.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels.h"

namespace epnas {
namespace {

using at::Tensor;

template <typename Work>
void each_image(int64_t images, Work work) {
    at::parallel_for(0, images, 1, [&](int64_t begin, int64_t end) {
        for (int64_t image = begin; image < end; ++image) work(image);
    });
}

struct MaxPool : torch::autograd::Function<MaxPool> {
    static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& given, int64_t kernel, int64_t stride) {
        Tensor x = given.contiguous(at::MemoryFormat::ChannelsLast);
        int64_t height = x.size(2), width = x.size(3), channels = x.size(1);
        at::DimVector size{x.size(0), channels, (height + stride - 1) / stride, (width + stride - 1) / stride};
        Tensor y = at::empty(size, x.options().memory_format(at::MemoryFormat::ChannelsLast));
        Tensor place = at::empty(size, y.options().dtype(at::kByte).memory_format(at::MemoryFormat::ChannelsLast));
        int64_t from = channels * height * width, to = channels * size[2] * size[3];
        auto run = [&](auto* read, auto* write) {
            using T = std::remove_pointer_t<decltype(write)>;
            uint8_t* where = place.mutable_data_ptr<uint8_t>();
            each_image(size[0], [&](int64_t image) {
                kernels<T>().max_pool(read + image * from, write + image * to, where + image * to, channels, height, width,
                                      kernel, stride);
            });
        };
        if (x.scalar_type() == at::kFloat)
            run(x.const_data_ptr<float>(), y.mutable_data_ptr<float>());
        else
            run(reinterpret_cast<const Bf16*>(x.const_data_ptr<at::BFloat16>()),
                reinterpret_cast<Bf16*>(y.mutable_data_ptr<at::BFloat16>()));
        context->save_for_backward({place});
        context->saved_data["size"] = x.sizes().vec();
        context->saved_data["kernel"] = kernel;
        context->saved_data["stride"] = stride;
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        Tensor place = context->get_saved_variables()[0];
        auto size = context->saved_data["size"].toIntVector();
        int64_t kernel = context->saved_data["kernel"].toInt(), stride = context->saved_data["stride"].toInt();
        Tensor dy = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
        Tensor dx = at::empty(size, dy.options().memory_format(at::MemoryFormat::ChannelsLast));
        int64_t channels = size[1], height = size[2], width = size[3];
        int64_t from = dy.numel() / size[0], to = channels * height * width;
        auto run = [&](auto* read, auto* write) {
            using T = std::remove_pointer_t<decltype(write)>;
            const uint8_t* where = place.const_data_ptr<uint8_t>();
            each_image(size[0], [&](int64_t image) {
                kernels<T>().max_pool_back(read + image * from, where + image * from, write + image * to, channels, height,
                                           width, kernel, stride);
            });
        };
        if (dy.scalar_type() == at::kFloat)
            run(dy.const_data_ptr<float>(), dx.mutable_data_ptr<float>());
        else
            run(reinterpret_cast<const Bf16*>(dy.const_data_ptr<at::BFloat16>()),
                reinterpret_cast<Bf16*>(dx.mutable_data_ptr<at::BFloat16>()));
        return {dx, Tensor(), Tensor()};
    }
};

}  // namespace

Tensor max_pool(const Tensor& x, int64_t kernel, int64_t stride) { return MaxPool::apply(x, kernel, stride); }

}  // namespace epnas
