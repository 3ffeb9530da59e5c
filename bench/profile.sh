#!/bin/sh
# Shows where the front's time goes under load: a flame graph as SVG and a table, made from perf's samples of the front alone.
#
#   bench/profile.sh [--conns N] [--secs N] [--path /PATH] [--header 'NAME: VALUE'] [--app MODULE:ATTR] [--name NAME] [--out DIR]
#
# The result is DIR/NAME.svg and DIR/NAME.md, by default artifacts/bench/flame.*. Options after -- are Hydra's own.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/build/lib.sh"

conns=256 secs=5 path=/ header='Accept: */*' app=asgi_app:app name=flame out=$root/artifacts/bench port=8399
while [ $# -gt 0 ]; do
    case $1 in
    --conns) conns=$2 ;;
    --secs) secs=$2 ;;
    --path) path=$2 ;;
    --header) header=$2 ;;
    --app) app=$2 ;;
    --name) name=$2 ;;
    --out) out=$2 ;;
    --)
        shift
        break
        ;;
    *) fail "unknown option $1; the options are at the top of this file" ;;
    esac
    shift 2
done

command -v wrk >/dev/null || install_packages "the load generator" wrk
command -v perf >/dev/null || install_packages "the profiler" linux-perf
# The executable in dist/ has no symbols; beside this one, which is the same, there is a file with them.
server=$root/artifacts/publish/hydra
[ -e "$server.dbg" ] || "$root/build/publish.sh"

work=$(mktemp -d)
front=
load=
stop() {
    [ -z "$load" ] || kill "$load" 2>/dev/null || true
    [ -z "$front" ] || kill "$front" 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 1' INT TERM

(cd "$root/bench/apps" && exec "$server" --app "$app" --port $port --python /usr/bin/python3 "$@") >"$work/log" 2>&1 &
front=$!
tries=0
until /usr/bin/python3 -c "import socket; socket.create_connection(('127.0.0.1', $port), 1).close()" 2>/dev/null; do
    tries=$((tries + 1))
    if [ $tries = 100 ] || ! kill -0 $front 2>/dev/null; then
        cat "$work/log" >&2
        fail "the server did not start"
    fi
    sleep 0.1
done

# A second to warm up, then the samples, while the load goes on.
threads=2
[ "$conns" -ge 2 ] || threads=1
wrk -t$threads -c"$conns" -d$((secs + 2))s -H "$header" "http://127.0.0.1:$port$path" >"$work/wrk" 2>&1 &
load=$!
sleep 1
perf record -q -F 499 --call-graph dwarf,16384 -p $front -o "$work/samples" -- sleep "$secs" >"$work/perf" 2>&1 || {
    cat "$work/perf" >&2
    fail "perf could not record; it needs root, or kernel.perf_event_paranoid of 1 or less"
}
wait $load || true
load=
grep -E 'Requests/sec|Non-2xx|Socket errors' "$work/wrk" || true
perf script -i "$work/samples" -F comm,tid,event,ip,sym,dso 2>/dev/null >"$work/stacks"
/usr/bin/python3 "$root/bench/flame.py" "$out/$name.svg" "The front under load: $path, $conns connections, $app" <"$work/stacks"
