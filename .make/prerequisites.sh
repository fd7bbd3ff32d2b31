#!/bin/sh
# Names everything that has to be there first and is not, one line each. Arguments: what is needed besides, parts of cargo
# (rustfmt, clippy) and programs (git, kill).
set -eu
cd "$(dirname "$0")/.."

complete=yes
missing() {
    complete=no
    echo "missing: $1" >&2
}
found() {
    command -v "$1" >/dev/null 2>&1
}

needed=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
version=$(cargo --version 2>/dev/null | cut -d ' ' -f 2) || version=
oldest=$(printf '%s\n' "$needed" "$version" | sort -V | head -n 1)
rust='from https://rustup.rs, or the Debian package rustup (or cargo, where it is new enough)'
if [ -z "$version" ]; then
    missing "cargo $needed or newer, $rust"
elif [ "$oldest" != "$needed" ]; then
    missing "cargo $needed or newer (found: $version), $rust"
else
    for part; do
        case $part in
            clippy) debian=rust-clippy command=cargo-clippy ;;
            rustfmt) debian=$part command=cargo-fmt ;;
            *) continue ;;
        esac
        if ! $command --version >/dev/null 2>&1; then
            missing "$part, by 'rustup component add $part' or from the Debian package $debian"
        fi
    done
fi
for program; do
    case $program in
        kill) [ -x /bin/kill ] || missing '/bin/kill, from the Debian package procps' ;;
        git) found git || missing 'git, from the Debian package git' ;;
    esac
done
found flock || missing 'flock, from the Debian package util-linux'
found "${CXX:-c++}" || missing 'a C++ compiler, from the Debian package g++'
if ! found python3; then
    missing 'python3 with pip, from the Debian package python3-pip'
elif ! python3 -c 'import pip' 2>/dev/null; then
    missing 'pip for python3, from the Debian package python3-pip'
fi
if [ "$(uname -sm)" != 'Linux x86_64' ]; then
    missing "Linux on x86_64 (found: $(uname -sm)), the only system this libtorch is for"
fi
[ $complete = yes ]
