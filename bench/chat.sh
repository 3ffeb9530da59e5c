#!/bin/sh
# A chat of one room over 4 workers, by topics and by uvicorn with Redis, in turns: how long a message takes to all, and messages/s.
#
#     bench/chat.sh [CLIENTS] [MESSAGES] [ROUNDS]
#
# $HYDRA is the executable (dist/hydra), $PYTHON a Python that has uvicorn and redis; redis-server and a C compiler have to be there, and two descriptors for each client.
set -eu
cd "$(dirname "$0")/.."
clients=${1:-10000} messages=${2:-20} rounds=${3:-3}
HYDRA=${HYDRA:-dist/hydra} PYTHON=${PYTHON:-python3}
work=$(mktemp -d)
started=
end() {
    for process in $started; do kill "$process" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap end EXIT
trap 'exit 1' INT TERM
ulimit -n "$(ulimit -Hn)"
mkdir -p artifacts/bench
cc -O2 -o artifacts/bench/ws_broadcast bench/ws_broadcast.c

REDIS_SOCKET=$work/redis
export REDIS_SOCKET
redis-server --port 0 --unixsocket "$REDIS_SOCKET" --save "" --appendonly no >"$work/redis.log" 2>&1 &
started=$!

# NAME PORT COMMAND...
measure() {
    name=$1 port=$2
    shift 2
    "$@" >"$work/$name.log" 2>&1 &
    server=$!
    started="$started $server"
    until "$PYTHON" -c "import socket; socket.create_connection(('127.0.0.1', $port)).close()" 2>/dev/null; do
        kill -0 "$server" || { cat "$work/$name.log"; exit 1; }
        sleep 0.1
    done
    printf '%s ' "$name"
    artifacts/bench/ws_broadcast "$port" / "$clients" 40 "$messages" || cat "$work/$name.log"
    kill -TERM "$server"
    wait "$server" || true
}

for _ in $(seq "$rounds"); do
    measure hydra 8801 "$HYDRA" --app chat_topics:app --app-dir bench/apps --workers 4 --port 8801 --python "$PYTHON" --log-level warning
    measure uvicorn 8802 "$PYTHON" -m uvicorn chat_redis:app --app-dir bench/apps --workers 4 --port 8802 --log-level warning
done
