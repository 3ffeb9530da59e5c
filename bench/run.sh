#!/bin/sh
# Measures the published server beside its peers and writes docs/benchmarks.md with its charts; --help shows the options.
# Compares with the newest peers (peers.sh); where those cannot be had, with Debian's. HYDRA_BENCH_PYTHON names another Python that has them,
# HYDRA_BENCH_SECOND_PYTHON one on which Hydra is measured as well. Installs from Debian what is missing, and publishes the server when dist/hydra is not there.
# Everything runs on loopback, on ports 8300 to 8399; no system service is started.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/build/lib.sh"

has_peers() {
    for command in wrk nginx uwsgi; do
        command -v $command >/dev/null || return 1
    done
    [ -e /usr/lib/uwsgi/plugins/python3_plugin.so ] || return 1
    /usr/bin/python3 -c 'import django, fastapi, gunicorn, httptools, hypercorn, uvicorn, uvloop' 2>/dev/null
}

# nginx's package starts its service when it is installed; a policy that refuses keeps it off.
install_peers() {
    policy=/usr/sbin/policy-rc.d
    made=
    if [ "$(id -u)" = 0 ] && [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod +x $policy
        made=yes
    fi
    trap '[ -z "$made" ] || rm -f "$policy"' EXIT
    install_packages "a peer to compare with" python3 python3-uvicorn python3-uvloop python3-httptools gunicorn python3-gunicorn \
        python3-hypercorn uwsgi-core uwsgi-plugin-python3 nginx-light wrk python3-fastapi python3-django
    [ -z "$made" ] || rm -f "$policy"
    trap - EXIT
}

PATH=$PATH:/usr/sbin
export PATH
has_peers || install_peers
if [ -z "${HYDRA_BENCH_PYTHON:-}" ] && python=$("$root/bench/peers.sh"); then
    HYDRA_BENCH_PYTHON=$python
    export HYDRA_BENCH_PYTHON
fi
[ -x "$root/dist/hydra" ] || "$root/build/publish.sh"
exec /usr/bin/python3 "$root/bench/run.py" "$@"
