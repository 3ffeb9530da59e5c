#!/bin/sh
# Breaks what can break while the published server serves, counts what its clients notice, and writes docs/reliability.md; --help
# shows the options. Ends with code 1 when a promise was broken. Installs Python and the peers of one row from Debian where they are
# missing, and publishes the server when dist/hydra is not there. Everything runs on loopback; as root it mounts a tmpfs of 4 MB.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/build/lib.sh"

has_peers() {
    /usr/bin/python3 -c 'import gunicorn, httptools, uvicorn, uvloop' 2>/dev/null
}

has_peers || install_packages "a peer to compare with" python3 python3-uvicorn python3-uvloop python3-httptools python3-gunicorn
[ -n "${HYDRA_BIN:-}" ] || [ -x "$root/dist/hydra" ] || "$root/build/publish.sh"
exec /usr/bin/python3 "$root/bench/chaos.py" "$@"
