#!/bin/sh
# Brings Fashion-MNIST: Debian's package where it can be installed, else the publisher's files into `data/fashion-mnist`.
# With the argument `state`: only says whether that is `needed` or `done`.
set -eu
cd "$(dirname "$0")/.."

package=dataset-fashion-mnist
folder=data/fashion-mnist

has_all() {
    for name in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
        [ -s "$1/$name-ubyte" ] || [ -s "$1/$name-ubyte.gz" ] || return 1
    done
}

here() {
    has_all "$folder" || has_all /usr/share/datasets/fashion-mnist
}

if here; then
    echo 'done'
    exit 0
elif [ "${1:-}" = state ]; then
    echo needed
    exit 0
fi

root=
if [ "$(id -u)" != 0 ]; then
    root='sudo -n'
fi
apt() {
    $root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >/dev/null
}
if command -v apt-get >/dev/null 2>&1 && $root true 2>/dev/null; then
    echo "data: installing the Debian package $package"
    apt install -y "$package" 2>/dev/null || { apt update && apt install -y "$package"; } || true
    if here; then
        echo 'data: done'
        exit 0
    fi
fi

echo "data: downloading Fashion-MNIST (31 MB) into $folder"
if python3 .make/download.py "$folder"; then
    echo 'data: done'
    exit 0
fi
cat >&2 <<END
data: Fashion-MNIST could not be brought. Do one of these:
  install the Debian package \`$package\`
  put its four files (train-images-idx3-ubyte.gz and so on) into \`$folder\`
  name a folder that has them by \`dataset.path\` in the spec
END
exit 1
