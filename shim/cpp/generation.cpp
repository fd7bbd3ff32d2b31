// Which of the compiled loops the processor at hand runs.
#include "kernels.h"

namespace epnas {

#define DECLARE(generation)                        \
    extern const Kernels<float> float_##generation; \
    extern const Kernels<Bf16> bf16_##generation;

DECLARE(baseline)
#ifdef __x86_64__
DECLARE(avx2)
DECLARE(avx512)

namespace {
enum class Generation { Baseline, Avx2, Avx512 };

Generation found() {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq"))
        return Generation::Avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Generation::Avx2;
    return Generation::Baseline;
}

template <typename Table>
const Table& chosen(const Table& baseline, const Table& avx2, const Table& avx512) {
    static const Generation generation = found();
    switch (generation) {
        case Generation::Avx512: return avx512;
        case Generation::Avx2: return avx2;
        default: return baseline;
    }
}
}  // namespace

template <>
const Kernels<float>& kernels<float>() {
    return chosen(float_baseline, float_avx2, float_avx512);
}

template <>
const Kernels<Bf16>& kernels<Bf16>() {
    return chosen(bf16_baseline, bf16_avx2, bf16_avx512);
}
#else
template <>
const Kernels<float>& kernels<float>() {
    return float_baseline;
}

template <>
const Kernels<Bf16>& kernels<Bf16>() {
    return bf16_baseline;
}
#endif

}  // namespace epnas
