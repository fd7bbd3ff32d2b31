#!/bin/sh
# Brings libtorch into `.libtorch`. With the argument `state`: only says whether that is `needed` or `done`.
set -eu
cd "$(dirname "$0")/.."

partial=.libtorch.partial

driver() {
    [ -e /proc/driver/nvidia/version ] || nvidia-smi >/dev/null 2>&1
}

# What `.libtorch/stamp` says when these requirement files are installed.
stamp() {
    cat "$@" | sha256sum | cut -d ' ' -f 1
}

if [ "${1:-}" != state ]; then
    # One at a time; the lock goes with this process. On network file systems only a file open for writing can be locked.
    exec 9>>.libtorch.lock
    flock 9
fi
installed=$(cat .libtorch/stamp 2>/dev/null) || installed=
wanted=$(stamp .make/libtorch.txt)
cuda=$(stamp .make/libtorch.txt .make/libtorch-cuda.txt)
size='530 MB'
if driver; then
    wanted=$cuda
    size='3 GB, for NVIDIA GPUs too'
fi
# What serves a GPU also serves without one.
if [ "$installed" = "$wanted" ] || [ "$installed" = "$cuda" ]; then
    echo 'done'
    exit 0
elif [ "${1:-}" = state ]; then
    echo needed
    exit 0
fi

set -- -r .make/libtorch.txt
if [ "$wanted" = "$cuda" ]; then
    set -- "$@" -r .make/libtorch-cuda.txt
fi
# Progress is for people.
[ -t 1 ] || set -- --quiet "$@"
echo "libtorch: downloading and unpacking into .libtorch ($size)"
rm -rf "$partial"
mkdir -p "$partial/temporary" "$partial/libtorch/torch" "$partial/libtorch/link/lib"
# The fixed Python version and platforms give the same files on every machine, whatever Python is there.
# Temporary files lie here because /tmp may be small; what was downloaded stays in pip's own cache.
TMPDIR="$PWD/$partial/temporary" PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 \
    python3 -m pip install --no-deps --require-hashes --target "$partial/packages" \
    --only-binary=:all: --implementation cp --python-version 3.12 \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux_2_25_x86_64 \
    --platform manylinux_2_18_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 "$@"

# Only libraries and headers are kept.
mv "$partial/packages/torch/lib" "$partial/packages/torch/include" "$partial/libtorch/torch/"
for libraries in "$partial"/packages/nvidia/*/lib; do
    package=$(basename "$(dirname "$libraries")")
    mkdir -p "$partial/libtorch/nvidia/$package"
    mv "$libraries" "$partial/libtorch/nvidia/$package/"
done

# The folder for the linker, see .cargo/config.toml.
for library in libtorch_cpu.so libc10.so libgomp.so.1; do
    ln -s "../../torch/lib/$library" "$partial/libtorch/link/lib/$library"
    [ -e "$partial/libtorch/link/lib/$library" ]
done
echo 'INPUT(-ltorch_cpu)' >"$partial/libtorch/link/lib/libtorch.so"

echo "$wanted" >"$partial/libtorch/stamp"
rm -rf .libtorch
mv "$partial/libtorch" .libtorch
rm -rf "$partial"
echo 'libtorch: done'
