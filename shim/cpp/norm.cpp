// Batch normalisation with the sum and the rectifier that follow it, in two passes over memory each way where libtorch
// takes four to five; on a processor, for tensors with their channels last, in 32 bits or bf16. Sums do not depend on the
// number of threads.
#include "shim.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels.h"
#include "memory.h"

namespace epnas {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// How the elements of a tensor are walked through.
struct Walk {
    explicit Walk(const Tensor& x) : channels(x.size(1)), count(x.numel()) {
        period = period_of(channels);
        int64_t periods = (count + period - 1) / period;
        part = (periods + kParts - 1) / kParts * period;
    }

    // Coefficients of channels, repeated to a period.
    std::vector<float> repeated(const float* values) const {
        std::vector<float> all(period);
        for (int64_t i = 0; i < period; ++i) all[i] = values[i % channels];
        return all;
    }

    template <typename Work>
    void each_part(Work work) const {
        at::parallel_for(0, kParts, 1, [&](int64_t begin, int64_t end) {
            for (int64_t number = begin; number < end; ++number) {
                int64_t offset = number * part, length = std::min(part, count - offset);
                if (length > 0) work(number, offset, length);
            }
        });
    }

    // Sums of two numbers a channel, each part's made by `work(offset, length, first, second)`.
    template <typename Work>
    std::pair<std::vector<double>, std::vector<double>> summed(Work work) const {
        std::vector<double> sums(2 * kParts * period, 0.0);
        each_part([&](int64_t number, int64_t offset, int64_t length) {
            double* mine = sums.data() + 2 * number * period;
            work(offset, length, mine, mine + period);
        });
        std::vector<double> first(channels, 0.0), second(channels, 0.0);
        for (int64_t number = 0; number < kParts; ++number) {
            const double* mine = sums.data() + 2 * number * period;
            for (int64_t i = 0; i < period; ++i) {
                first[i % channels] += mine[i];
                second[i % channels] += mine[period + i];
            }
        }
        return {first, second};
    }

    int64_t rows() const { return count / channels; }

    int64_t channels, count, period, part;
};

const float* numbers(const Tensor& x, int64_t channels) {
    TORCH_CHECK(x.numel() == channels && x.scalar_type() == at::kFloat && x.is_contiguous(), "one number a channel is expected");
    return x.const_data_ptr<float>();
}

// x · scale + shift of each channel.
struct Line {
    std::vector<float> scale, shift;
};

struct Norm : torch::autograd::Function<Norm> {
    static Tensor forward(AutogradContext* context, const Tensor& given, const Tensor& weight, const Tensor& bias,
                          const Tensor& running_mean, const Tensor& running_variance, const std::optional<Tensor>& addend,
                          bool rectified, bool training, double momentum, double epsilon) {
        Tensor x = channels_last(given);
        Tensor other = addend ? channels_last(addend->to(x.scalar_type())) : Tensor();
        TORCH_CHECK(!other.defined() || other.sizes() == x.sizes(), "what is added has another shape");
        Walk walk(x);
        std::vector<double> mean(walk.channels), variance(walk.channels);
        const float* known_mean = numbers(running_mean, walk.channels);
        const float* known_variance = numbers(running_variance, walk.channels);
        if (training) {
            statistics(x, walk, mean, variance);
            Tensor of_mean = running_mean.detach(), of_variance = running_variance.detach();
            float* moving_mean = of_mean.mutable_data_ptr<float>();
            float* moving_variance = of_variance.mutable_data_ptr<float>();
            double rows = static_cast<double>(walk.rows());
            for (int64_t c = 0; c < walk.channels; ++c) {
                double unbiased = variance[c] * rows / std::max(rows - 1, 1.0);
                moving_mean[c] = static_cast<float>((1 - momentum) * moving_mean[c] + momentum * mean[c]);
                moving_variance[c] = static_cast<float>((1 - momentum) * moving_variance[c] + momentum * unbiased);
            }
        } else {
            std::copy(known_mean, known_mean + walk.channels, mean.begin());
            std::copy(known_variance, known_variance + walk.channels, variance.begin());
        }
        // Rows: mean, inverse deviation, scale, shift.
        Tensor saved = at::empty({4, walk.channels}, weight.options());
        float* of = saved.mutable_data_ptr<float>();
        const float* weights = numbers(weight, walk.channels);
        const float* biases = numbers(bias, walk.channels);
        for (int64_t c = 0; c < walk.channels; ++c) {
            double inverse = 1 / std::sqrt(variance[c] + epsilon);
            of[c] = static_cast<float>(mean[c]);
            of[walk.channels + c] = static_cast<float>(inverse);
            of[2 * walk.channels + c] = static_cast<float>(weights[c] * inverse);
            of[3 * walk.channels + c] = static_cast<float>(biases[c] - mean[c] * weights[c] * inverse);
        }
        Tensor y = at::empty_like(x);
        Line line{walk.repeated(of + 2 * walk.channels), walk.repeated(of + 3 * walk.channels)};
        with_type(x, [&](auto type) {
            using T = decltype(type);
            const T *from = Memory<T>::read(x), *second = Memory<T>::read(other);
            T* to = Memory<T>::write(y);
            walk.each_part([&](int64_t, int64_t offset, int64_t length) {
                kernels<T>().apply(from + offset, second == nullptr ? nullptr : second + offset, to + offset, length,
                                   walk.period, line.scale.data(), line.shift.data(), rectified);
            });
        });
        // With something added, the result alone tells where the rectifier was at work.
        bool by_result = rectified && other.defined();
        context->save_for_backward({x, saved, by_result ? y : Tensor()});
        context->saved_data["rectified"] = rectified;
        context->saved_data["training"] = training;
        context->saved_data["added"] = other.defined();
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        variable_list kept = context->get_saved_variables();
        const Tensor &x = kept[0], &saved = kept[1], &y = kept[2];
        TORCH_CHECK(context->saved_data["training"].toBool(), "there is no way back through normalisation by running statistics");
        bool rectified = context->saved_data["rectified"].toBool(), added = context->saved_data["added"].toBool();
        Tensor dy = channels_last(gradients[0].to(x.scalar_type()));
        Walk walk(x);
        const float* of = saved.const_data_ptr<float>();
        const float *mean = of, *inverse = of + walk.channels, *scale = of + 2 * walk.channels;
        Line line{walk.repeated(scale), walk.repeated(of + 3 * walk.channels)};
        std::vector<float> means = walk.repeated(mean);
        Tensor g = y.defined() ? at::empty_like(x) : dy, dx = at::empty_like(x);
        Tensor weight = at::empty({walk.channels}, saved.options()), bias = at::empty({walk.channels}, saved.options());
        with_type(x, [&](auto type) {
            using T = decltype(type);
            const T *from = Memory<T>::read(x), *result = Memory<T>::read(y), *above = Memory<T>::read(dy);
            T *through = y.defined() ? Memory<T>::write(g) : nullptr, *to = Memory<T>::write(dx);
            auto [sum, product] = walk.summed([&](int64_t offset, int64_t length, double* first, double* second) {
                kernels<T>().back_sums(from + offset, result == nullptr ? nullptr : result + offset, above + offset,
                                       through == nullptr ? nullptr : through + offset, length, walk.period,
                                       line.scale.data(), line.shift.data(), means.data(), first, second, rectified);
            });
            std::vector<float> slope(walk.channels), shift(walk.channels);
            double rows = static_cast<double>(walk.rows());
            for (int64_t c = 0; c < walk.channels; ++c) {
                double a = scale[c] * static_cast<double>(inverse[c]) * inverse[c] * product[c] / rows;
                slope[c] = static_cast<float>(a);
                shift[c] = static_cast<float>(a * mean[c] - scale[c] * sum[c] / rows);
                weight.mutable_data_ptr<float>()[c] = static_cast<float>(product[c] * inverse[c]);
                bias.mutable_data_ptr<float>()[c] = static_cast<float>(sum[c]);
            }
            std::vector<float> slopes = walk.repeated(slope.data()), shifts = walk.repeated(shift.data());
            const T* gradient = through == nullptr ? above : through;
            walk.each_part([&](int64_t, int64_t offset, int64_t length) {
                kernels<T>().back_apply(from + offset, gradient + offset, to + offset, length, walk.period, line.scale.data(),
                                        line.shift.data(), slopes.data(), shifts.data(), rectified && result == nullptr);
            });
        });
        return {dx, weight, bias, Tensor(), Tensor(), added ? g : Tensor(), Tensor(), Tensor(), Tensor(), Tensor()};
    }

    // Of the batch. Differences to the first row keep digits where a mean is far from zero.
    static void statistics(const Tensor& x, const Walk& walk, std::vector<double>& mean, std::vector<double>& variance) {
        with_type(x, [&](auto type) {
            using T = decltype(type);
            const T* from = Memory<T>::read(x);
            Tensor row = x.flatten(2).select(0, 0).select(1, 0).to(at::kFloat).contiguous();
            std::vector<float> origin = walk.repeated(row.const_data_ptr<float>());
            auto [sum, square] = walk.summed([&](int64_t offset, int64_t length, double* first, double* second) {
                kernels<T>().sums(from + offset, length, walk.period, origin.data(), first, second);
            });
            double rows = static_cast<double>(walk.rows());
            for (int64_t c = 0; c < walk.channels; ++c) {
                double difference = sum[c] / rows;
                mean[c] = origin[c] + difference;
                variance[c] = square[c] / rows - difference * difference;
                // Rounding alone makes it negative; what is no number stays so.
                if (variance[c] < 0) variance[c] = 0;
            }
        });
    }
};

}  // namespace

Tensor norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& mean, const Tensor& variance,
            const Tensor& other, bool rectified, bool training, double momentum, double epsilon) {
    std::optional<Tensor> addend = other.defined() ? std::make_optional(other) : std::nullopt;
    return Norm::apply(x, weight, bias, mean, variance, addend, rectified, training, momentum, epsilon);
}

}  // namespace epnas
