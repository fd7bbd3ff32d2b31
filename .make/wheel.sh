#!/bin/sh
# Builds the wheel of both programs into target/wheels. The worker finds libtorch in the environment it is installed into.
set -eu
cd "$(dirname "$0")/.."

tool=target/maturin
if ! [ -x "$tool/bin/maturin" ]; then
    echo 'wheel: bringing maturin into target/maturin'
    PIP_ROOT_USER_ACTION=ignore PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 PIP_DISABLE_PIP_VERSION_CHECK=1 python3 -m pip install --quiet --target "$tool" 'maturin>=1.8,<2'
fi
# libtorch comes with PyTorch, not with the wheel: nothing is copied into it.
EPNAS_WHEEL=1 PYTHONPATH="$tool" "$tool/bin/maturin" build --release --auditwheel skip --compatibility linux --out target/wheels "$@"
for wheel in target/wheels/*.whl; do
    echo "built $wheel; in an environment of your own: pip install $wheel"
done
