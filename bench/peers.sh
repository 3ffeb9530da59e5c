#!/bin/sh
# Makes the environment of the newest peers and frameworks, CPython 3.11, from PIP_FIND_LINKS (a directory of wheels) or from PyPI, and prints the
# path of its Python. Where it cannot be made Debian's are measured: it says why, and ends with 1.
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/build/lib.sh"

packages="uvicorn uvloop httptools websockets granian gunicorn hypercorn fastapi django"
home=$root/artifacts/bench/peers
if [ -e "$home/complete" ]; then
    echo "$home/bin/python3"
    exit 0
fi

command -v python3.11 >/dev/null || fail "the newest peers: there is no python3.11 on PATH"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
rm -rf "$home"
mkdir -p "$root/artifacts/bench"
python3.11 -m venv "$home" >"$log" 2>&1 || fail "the newest peers: python3.11 -m venv: $(tail -1 "$log")"

# A directory that has everything needs no index, and asking one that is not reached takes pip minutes.
pip="$home/bin/python3 -m pip --disable-pip-version-check --no-input -q --retries 0 --timeout 10 install --only-binary :all:"
if $pip --no-index $packages >"$log" 2>&1 || timeout 180 $pip $packages >"$log" 2>&1; then
    touch "$home/complete"
    echo "$home/bin/python3"
else
    rm -rf "$home"
    fail "the newest peers: pip: $(grep -m 1 -E 'ERROR|WARNING' "$log" || echo 'it did not end')"
fi
