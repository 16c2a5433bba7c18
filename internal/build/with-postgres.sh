#!/usr/bin/env bash
# with-postgres.sh COMMAND... - runs COMMAND beside a PostgreSQL server of its own.
#
# The server lives in a temporary folder, listens on a Unix socket in it and nowhere else,
# and is gone with the command. COMMAND finds it in ACSGD_TEST_DSN, as a superuser who may
# make databases. Where that variable is set already, the server it names is used instead.
set -euo pipefail
[ -z "${ACSGD_TEST_DSN:-}" ] || exec "$@"

bin=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1 || true)
[ -n "$bin" ] || bin=$(command -v initdb || true)
[ -n "$bin" ] || { echo "with-postgres.sh: no PostgreSQL server here; 'make test' installs it (Debian package postgresql)" >&2; exit 1; }
bin=$(dirname "$bin")

# A socket's path may have about 100 bytes, so TMPDIR is not used.
dir=$(mktemp -d /tmp/acsgd-pg.XXXXXX)
as=()
if [ "$(id -u)" = 0 ]; then # the server refuses to run as root
  chown postgres: "$dir"
  as=(runuser -u postgres --)
fi
stop() {
  [ ! -f "$dir/data/postmaster.pid" ] || (cd / && "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate -w -s stop) || true
  rm -rf "$dir"
}
trap stop EXIT

server() {
  cd /
  "${as[@]}" "$bin/initdb" -D "$dir/data" -U acsgd --auth=trust -E UTF8 --locale=C.UTF-8
  # Nothing in it outlives the tests, so nothing needs to survive a power cut.
  "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 \
    -o "-c listen_addresses='' -c unix_socket_directories='$dir' -c fsync=off -c full_page_writes=off -c max_connections=100" start
  "${as[@]}" "$bin/createdb" -h "$dir" -U acsgd acsgd
}
if ! (server) >"$dir.out" 2>&1; then
  cat "$dir.out" "$dir/log" >&2 2>/dev/null || true
  rm -f "$dir.out"
  echo "with-postgres.sh: the PostgreSQL server did not start: see above" >&2
  exit 1
fi
rm -f "$dir.out"
export ACSGD_TEST_DSN="postgres://acsgd@/acsgd?host=$dir"
status=0
"$@" || status=$?
exit "$status"
