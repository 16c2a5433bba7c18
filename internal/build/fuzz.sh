#!/usr/bin/env bash
# fuzz.sh TIME [PATTERN] - runs every fuzz target of the module in turn for TIME (10s, 2m).
#
# PATTERN, a basic regular expression, picks targets by "package/FuzzName". Inputs that make
# a target fail are written into its testdata, as go test -fuzz does; commit them.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
time=${1:?usage: fuzz.sh TIME [PATTERN]} pattern=${2:-}

targets=$(find . -name '*_test.go' -not -path '*/node_modules/*' -not -path './var/*' -print0 |
  xargs -0 grep -HoE '^func Fuzz[A-Za-z0-9_]*' | sed -E 's|/[^/]*:func |/|; s|^\./||' | sort -u | grep -e "$pattern" || true)
[ -n "$targets" ] || { echo "fuzz.sh: no fuzz target matches '$pattern'" >&2; exit 1; }
count=$(wc -l <<<"$targets") n=0 failed=()
echo "==> $count fuzz targets, $time each"
while IFS= read -r target; do
  n=$((n + 1))
  echo "==> [$n/$count] $target"
  go test -run '^$' -fuzz "^${target##*/}\$" -fuzztime "$time" "./${target%/*}" </dev/null || failed+=("$target")
done <<<"$targets"
if [ ${#failed[@]} -gt 0 ]; then
  printf 'failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
echo "==> $count fuzz targets, all fine"
