#!/bin/sh
# Runs the steps named (libtorch, data) that are not done yet.
set -eu
cd "$(dirname "$0")/.."

.make/prerequisites.sh
idle=yes
for step; do
    state=$(".make/$step.sh" state)
    if [ "$state" = needed ]; then
        idle=no
        ".make/$step.sh"
    fi
done
if [ $idle = yes ]; then
    echo 'set-up: nothing to do'
fi
