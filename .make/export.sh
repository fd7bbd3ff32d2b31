#!/bin/sh
# Exports many random networks and loads them with onnx, onnxruntime and PyTorch, in an environment of their own in .export.
set -eu
cd "$(dirname "$0")/.."

version=$(sed -n 's/^pub const LIBTORCH: &str = "\(.*\)";$/\1/p' core/src/engine/mod.rs)
python=${EXPORT_PYTHON:-.export/bin/python}
if [ ! -x "$python" ]; then
    echo "test-export: bringing onnx, onnxruntime and PyTorch $version into .export (with what they ask for 5 GB on disk)"
    rm -rf .export.partial
    python3 -m venv .export.partial
    .export.partial/bin/python -m pip install --quiet --disable-pip-version-check onnx onnxruntime numpy "torch==$version"
    mv .export.partial .export
fi
cargo test --bin epnas-worker -- --ignored export_tests::gallery
"$python" .make/export.py target/exports
