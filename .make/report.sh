#!/bin/sh
# Makes reports of small searches, opens them in Chromium, and reads event files with TensorBoard.
set -eu
cd "$(dirname "$0")/.."
epnas="$(pwd)/target/debug/epnas"
chromium="${CHROMIUM:-$(command -v chromium || true)}"
for program in node npm python3; do
    command -v "$program" >/dev/null || { echo "test-report: \`$program\` is missing" >&2; exit 1; }
done
[ -n "$chromium" ] || { echo 'test-report: Chromium is missing; install it with: apt-get install chromium' >&2; exit 1; }
place=target/test-report
mkdir -p "$place/pictures"
rm -rf "$place/results" "$place/logs" "$place/figures"
[ -d "$place/node_modules/axe-core" ] || (cd "$place" && npm install --silent --no-fund --no-audit axe-core@4 puppeteer-core@24)
# Whole or not at all.
if ! "$place/python/bin/python" -c 'import tensorboard' 2>/dev/null; then
    rm -rf "$place/python"
    python3 -m venv "$place/python"
    "$place/python/bin/pip" install --quiet 'tensorboard==2.20.*' 'setuptools<81'
fi
run() {
    "$epnas" "$@" --cache "$place/cache" --results "$place/results"
}
run run specs/fashion-mnist-tiny.yaml
run run specs/table-tiny.yaml
run compare specs/table-tiny.yaml --strategies epnas,local-search,random --seeds 10
run report specs/fashion-mnist-tiny.yaml --figures "$place/figures" --tensorboard "$place/logs"
trainings=$(($(grep -c '' "$place/results/fashion-mnist-tiny/trials.csv") - 1))
"$place/python/bin/python" tests/browser/read_events.py "$place/logs" "$trainings"
set --
for page in "$place"/results/*/report.html; do
    set -- "$@" "$(pwd)/$page"
done
(cd "$place" && CHROMIUM="$chromium" node ../../tests/browser/check.mjs pictures "$@")
