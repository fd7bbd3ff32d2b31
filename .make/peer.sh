#!/bin/sh
# Brings PyTorch for `make bench-train` into .bench, for this Python and nothing else: the release whose libtorch the worker has.
set -eu
cd "$(dirname "$0")/.."

version=$(sed -n 's/^pub const LIBTORCH: &str = "\(.*\)";$/\1/p' core/src/engine/mod.rs)
if PYTHONPATH=.bench python3 -c "import torch, sys; sys.exit(not torch.__version__.startswith('$version'))" 2>/dev/null; then
    exit 0
fi
echo "bench-train: bringing PyTorch $version into .bench (with what it asks for 4.7 GB on disk)"
rm -rf .bench .bench.partial
python3 -m pip install --quiet --disable-pip-version-check --target .bench.partial "torch==$version" numpy
mv .bench.partial .bench
