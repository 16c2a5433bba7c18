#!/usr/bin/env bash
# web.sh build|check|e2e - builds or checks the front end in console/web.
#
# build  rebuilds the committed console/web/dist
# check  builds elsewhere and compares with dist, checks sizes and types, runs the unit tests
# e2e    runs the page's own browser checks, if it has any
#
# To be run with the pinned Node.js: node.sh web.sh ...
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root/console/web"
[ -t 1 ] || export NO_COLOR=1

# deps makes node_modules what the lock file says, unless that has been done already.
deps() {
  local want stamp=node_modules/.acsgd-installed
  want=$(cat package.json package-lock.json <(node --version) | sha256sum)
  if [ "$(cat "$stamp" 2>/dev/null || true)" = "$want" ]; then return; fi
  echo "==> installing the front end's packages"
  # No package may run a script of its own on this machine.
  npm ci --ignore-scripts --loglevel=error </dev/null
  echo "$want" >"$stamp"
}

# same compares the committed build with a fresh one, names and bytes.
same() {
  local fresh=$root/var/build/web-dist
  rm -rf "$fresh"
  echo "==> rebuilding the console's page with Node.js $(node --version)"
  npm run --silent build -- --outDir "$fresh" --emptyOutDir --logLevel warn </dev/null
  if ! diff -rq dist "$fresh"; then
    echo "console/web/dist is not what its sources build: run 'make web' and commit the result." >&2
    exit 1
  fi
  echo "    console/web/dist is what its sources build ($(find dist -type f | wc -l) files)"
}

deps
case ${1:-} in
  build)
    npm run --silent build -- --emptyOutDir </dev/null
    if git -C "$root" rev-parse --git-dir >/dev/null 2>&1; then git -C "$root" status --short -- console/web/dist; fi
    ;;
  check)
    same
    echo "==> sizes of what the console loads"
    npm run --silent dist </dev/null
    echo "==> checking the types of the front end"
    npm run --silent check </dev/null
    echo "==> unit tests of the front end"
    npm run --silent test </dev/null
    ;;
  e2e)
    if [ -f tools/e2e.mjs ]; then npm run --silent e2e </dev/null; fi
    ;;
  *)
    echo "usage: web.sh build|check|e2e" >&2
    exit 2
    ;;
esac
