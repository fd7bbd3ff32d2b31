#!/bin/sh
# Fuzzes each door for so many minutes (10), coverage-guided; stops at the first that is broken in. Needs a nightly compiler
# and cargo-fuzz, which it installs. What is found lies in tests/fuzz/artifacts; once mended it belongs into tests/fuzz/found.
set -eu
cd "$(dirname "$0")/.."
minutes=${1:-10}
doors='spec record protocol table artifact images bundle'

rustup toolchain list | grep -q '^nightly' || rustup toolchain install nightly --profile minimal
command -v cargo-fuzz >/dev/null 2>&1 || cargo install --locked cargo-fuzz

cd tests/fuzz
# Where it is set, the programs would lie elsewhere.
export CARGO_TARGET_DIR="$PWD/target"
cargo +nightly fuzz build --fuzz-dir .
"target/$(rustc +nightly -vV | sed -n 's/^host: //p')/release/seeds" corpus
for door in $doors; do
    mkdir -p "corpus/$door"
    more=
    length=8192
    case $door in
        spec) more=../../specs ;;
        artifact) length=16384 ;;
    esac
    echo "$door, $minutes minutes"
    cargo +nightly fuzz run --fuzz-dir . "$door" "corpus/$door" $more -- -dict=corpus/words -max_len=$length \
        -rss_limit_mb=1024 -timeout=10 -max_total_time=$((60 * minutes)) -print_final_stats=1
done
