#!/bin/sh
# Builds the server and serves examples/hello with it. Options are passed on, such as  build/run.sh --port 9000 --workers 2
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/build/lib.sh"

command -v python3 >/dev/null || command -v python >/dev/null || install_packages "Python" python3
"$root/build/publish.sh"
echo "serving examples/hello; stop with Ctrl-C"
exec "$root/dist/hydra" --app hello:app --app-dir "$root/examples/hello" "$@"
