#!/usr/bin/env bash
# packages.sh PACKAGE[:PROBE]... - sees to it that Debian packages are installed.
#
# PROBE tells that the package is not needed because what it brings is there already: the
# name of a command on PATH, or a path (with wildcards) of a file. Without it dpkg is asked.
# As root on Debian the missing ones are installed, never asking a question; anybody else
# gets the list of what is missing, and an error.
set -euo pipefail

have() { # PACKAGE PROBE
  case $2 in
    '') [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ] ;;
    */*) compgen -G "$2" >/dev/null ;;
    *) command -v "$2" >/dev/null ;;
  esac
}

missing=()
for item in "$@"; do
  package=${item%%:*} probe=
  [[ $item == *:* ]] && probe=${item#*:}
  have "$package" "$probe" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  {
    echo "Missing on this machine: ${missing[*]}"
    echo "Install them as root, on Debian or Ubuntu with"
    echo "    apt-get install --no-install-recommends ${missing[*]}"
    echo "and run make again."
  } >&2
  exit 1
fi

log=$(mktemp)
# Installing a database server would start it, on its usual port, as the machine's own; the
# tests bring up a private one. A machine with a policy of its own keeps that.
policy=/usr/sbin/policy-rc.d
if [ -e "$policy" ]; then policy=; else printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"; fi
trap '[ -z "$policy" ] || rm -f "$policy"; rm -f "$log"' EXIT

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600 \
    -o Dpkg::Use-Pty=0 "$@" </dev/null >>"$log" 2>&1
}

echo "==> installing ${missing[*]} (a new machine takes some minutes)"
begin=$SECONDS
if ! { apt update && apt install --no-install-recommends "${missing[@]}"; }; then
  tail -n 30 "$log" >&2
  echo "Could not install ${missing[*]}: see above." >&2
  exit 1
fi
echo "    installed in $((SECONDS - begin)) s"
