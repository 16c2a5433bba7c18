#!/usr/bin/env bash
# node.sh COMMAND... - runs COMMAND with the project's own Node.js and npm first on PATH.
#
# They come as npm packages, pinned by version and checksum in node/package-lock.json, and
# are fetched once, by whatever npm the machine has (Debian's, where it has none) and from
# the registry that this npm is configured for. They are kept in $ACSGD_CACHE.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${ACSGD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/acsgd}

# Released Node.js trusts only the authorities that it brings along. Add the machine's, so
# that a company's own, which Debian's npm accepts, is good enough for this one too.
authorities=/etc/ssl/certs/ca-certificates.crt
if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -r "$authorities" ]; then export NODE_EXTRA_CA_CERTS=$authorities; fi
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false

case $(uname -sm) in
  'Linux x86_64') arch=x64 ;;
  'Linux aarch64') arch=arm64 ;;
  *) echo "node.sh: no pinned Node.js for $(uname -sm); only Linux on x86_64 and aarch64" >&2; exit 1 ;;
esac

pin=$(sha256sum "$here/node/package-lock.json")
home=$cache/node-${pin:0:16}
if [ ! -x "$home/bin/node" ]; then
  "$here/packages.sh" npm:npm
  echo "==> fetching Node.js (node-linux-$arch) into $home"
  mkdir -p "$cache"
  fresh=$(mktemp -d "$cache/fetch.XXXXXX")
  trap 'rm -rf "$fresh"' EXIT
  cp "$here"/node/package.json "$here"/node/package-lock.json "$fresh"
  # npm compares every archive with the checksum in the lock file and refuses a difference.
  (cd "$fresh" && npm ci --ignore-scripts --loglevel=error </dev/null >&2)
  mkdir "$fresh/bin"
  ln -s "../node_modules/node-linux-$arch/bin/node" "$fresh/bin/node"
  ln -s ../node_modules/npm/bin/npm-cli.js "$fresh/bin/npm"
  ln -s ../node_modules/npm/bin/npx-cli.js "$fresh/bin/npx"
  chmod 755 "$fresh/node_modules/npm/bin/npm-cli.js" "$fresh/node_modules/npm/bin/npx-cli.js"
  rm -rf "$fresh/node_modules/node-linux-$arch/include"
  "$fresh/bin/node" --version >/dev/null
  chmod 755 "$fresh" # mktemp makes it 700
  # Another run may have been quicker: its copy is as good, so a failing move is no fault.
  mv -T "$fresh" "$home" 2>/dev/null || [ -x "$home/bin/node" ]
  trap - EXIT
  rm -rf "$fresh"
fi
export PATH=$home/bin:$PATH
exec "$@"
