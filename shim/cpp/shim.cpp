// All that includes libtorch's headers, as one file to compile.
#include "calls.cpp"
#include "depthwise.cpp"
#include "norm.cpp"
#include "pool.cpp"
