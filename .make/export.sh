#!/bin/sh
# Exports many random networks and loads them with onnx, onnxruntime and PyTorch, in an environment of their own in .export.
set -eu
cd "$(dirname "$0")/.."

version=$(sed -n 's/^pub const LIBTORCH: &str = "\(.*\)";$/\1/p' core/src/engine/mod.rs)
python=${EXPORT_PYTHON:-.export/bin/python}
if [ ! -x "$python" ] || [ -z "${EXPORT_PYTHON:-}" ] && [ "$(cat .export/version 2>/dev/null)" != "$version" ]; then
    echo "test-export: bringing onnx, onnxruntime and PyTorch $version into .export (with what they ask for 5 GB on disk)"
    rm -rf .export .export.partial
    python3 -m venv .export.partial
    PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 .export.partial/bin/python -m pip install --quiet --disable-pip-version-check onnx onnxruntime numpy "torch==$version"
    echo "$version" >.export.partial/version
    mv .export.partial .export
fi
cargo test --bin epnas-worker -- --ignored export_tests::gallery
"$python" .make/export.py target/exports
