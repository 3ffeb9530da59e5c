#!/bin/sh
# Prints what the published server costs: start-up, memory, size. A measurement, not a test: figures depend on the machine and on what
# else it does. Bounds that are promises are asserted by the functional tests.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/build/lib.sh"

command -v python3 >/dev/null || install_packages "Python" python3
[ -x "$root/dist/hydra" ] || "$root/build/publish.sh"
exec python3 "$root/build/measure.py" "$root/dist/hydra" "$@"
