// The loops of `kernels.h`, compiled once for each generation of processors; GENERATION is the name of this one's table.
#include "kernels.h"

#include "loops_depthwise.h"
#include "loops_norm.h"
#include "loops_pool.h"

namespace epnas {
namespace {

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
