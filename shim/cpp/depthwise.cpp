// Convolutions of each channel apart with a gradient of the weights of our own: for windows beyond 3×3 libtorch's takes ten
// times as long as all else of such a layer. On a processor, channels last, 32-bit numbers.
#include "shim.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "memory.h"

namespace epnas {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Depthwise : torch::autograd::Function<Depthwise> {
    static Tensor forward(AutogradContext* context, const Tensor& given, const Tensor& weight, int64_t stride) {
        Tensor x = channels_last(given);
        TORCH_CHECK(x.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat, "32-bit numbers are expected");
        TORCH_CHECK(weight.size(0) == x.size(1) && weight.size(1) == 1 && weight.size(2) == weight.size(3),
                    "one square window a channel is expected");
        context->save_for_backward({x, weight});
        context->saved_data["stride"] = stride;
        int64_t padding = (weight.size(2) - 1) / 2;
        return at::conv2d(x, weight, {}, {stride, stride}, {padding, padding}, {1, 1}, x.size(1));
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        variable_list kept = context->get_saved_variables();
        const Tensor &x = kept[0], &weight = kept[1];
        int64_t stride = context->saved_data["stride"].toInt(), kernel = weight.size(2), channels = x.size(1);
        int64_t padding = (kernel - 1) / 2;
        Tensor dy = channels_last(gradients[0]);
        Tensor dx = std::get<0>(at::convolution_backward(dy, x, weight, std::nullopt, {stride, stride}, {padding, padding}, {1, 1},
                                                         false, {0, 0}, channels, {true, false, false}));
        return {dx, of_weights(x, dy, kernel, stride), Tensor()};
    }

    static Tensor of_weights(const Tensor& x, const Tensor& dy, int64_t kernel, int64_t stride) {
        int64_t images = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
        int64_t size = kernel * kernel * channels;
        int64_t wide = channels * height * width, narrow = dy.numel() / images;
        const float *from = x.const_data_ptr<float>(), *above = dy.const_data_ptr<float>();
        std::vector<double> sums(kParts * size, 0.0);
        at::parallel_for(0, kParts, 1, [&](int64_t begin, int64_t end) {
            for (int64_t part = begin; part < end; ++part) {
                for (int64_t image = part * images / kParts; image < (part + 1) * images / kParts; ++image)
                    kernels<float>().depthwise_back(from + image * wide, above + image * narrow, sums.data() + part * size, channels,
                                                    height, width, kernel, stride);
            }
        });
        Tensor result = at::empty({channels, 1, kernel, kernel}, x.options().memory_format(at::MemoryFormat::Contiguous));
        float* to = result.mutable_data_ptr<float>();
        for (int64_t place = 0; place < kernel * kernel; ++place) {
            for (int64_t c = 0; c < channels; ++c) {
                double sum = 0;
                for (int64_t part = 0; part < kParts; ++part) sum += sums[part * size + place * channels + c];
                to[c * kernel * kernel + place] = static_cast<float>(sum);
            }
        }
        return result;
    }
};

}  // namespace

Tensor depthwise(const Tensor& x, const Tensor& weight, int64_t stride) { return Depthwise::apply(x, weight, stride); }

}  // namespace epnas
