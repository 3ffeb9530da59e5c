#!/bin/sh
# Installs what the tests need, publishes the server, and runs every test: C#, the generator's, Python's, and the style checks.
# The last line is "N passed, N failed"; the exit code is 0 only when nothing failed and no runner crashed.
# A word is a filter for dotnet test, such as  build/test.sh FullyQualifiedName~Functional
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/build/lib.sh"
cd "$root" || exit 1

python=/usr/bin/python3
results=$root/artifacts/test-results
passed=0
failed=0

has_modules() {
    [ -x $python ] && $python -c 'import aiohttp, channels, debugpy, django, eventlet, fastapi, flake8, flask, flask_limiter, gevent, multipart, prometheus_client, pyramid, pytest, starlette, tornado, trio, uvloop, websockets, wsproto' 2>/dev/null
}

# check NAME COMMAND...: one check that passes or fails as a whole.
check() {
    name=$1
    shift
    echo "== $name"
    if "$@" </dev/null; then
        passed=$((passed + 1))
    else
        echo "$name: failed" >&2
        failed=$((failed + 1))
    fi
}

# suite NAME RESULTS-FILE COMMAND...: a runner whose result file says how many tests passed. A runner that fails without a failed
# test, or leaves no result file, has crashed and counts as a failure.
suite() {
    name=$1 file=$2
    shift 2
    echo "== $name"
    rm -f "$file"
    "$@" </dev/null
    code=$?
    counts=$($python "$root/build/count_results.py" "$file") || counts="0 0 0"
    echo "$name: $(echo "$counts" | awk '{ print $1 " passed, " $2 " failed, " $3 " skipped" }')"
    passed=$((passed + $(echo "$counts" | cut -d' ' -f1)))
    suite_failed=$(echo "$counts" | cut -d' ' -f2)
    if [ "$suite_failed" = 0 ] && { [ $code != 0 ] || [ "$counts" = "0 0 0" ]; }; then
        echo "$name: the runner crashed or found no tests (exit code $code)" >&2
        suite_failed=1
    fi
    failed=$((failed + suite_failed))
}

need_dotnet
if ! has_modules || ! command -v curl >/dev/null || ! [ -x /usr/sbin/nginx ]; then
    install_packages "something that the tests use (aiohttp, Channels, debugpy, Django, gevent, eventlet, Flask, FastAPI, Starlette, tornado, trio, uvloop, prometheus_client, Pyramid, pytest, websockets, wsproto, flake8, curl, nginx)" \
        python3 python3-aiohttp python3-debugpy python3-django python3-django-channels python3-eventlet python3-fastapi python3-flask python3-flask-caching python3-flask-limiter python3-gevent python3-multipart flake8 python3-prometheus-client python3-pyramid python3-pytest python3-starlette \
        python3-tornado python3-trio python3-uvloop python3-websockets python3-wsproto curl nginx-light || exit 1
    has_modules || fail "the Debian packages are installed, but $python cannot import them"
fi

if ! $python -c 'import ensurepip, hatchling, yaml' 2>/dev/null || ! command -v twine >/dev/null; then
    install_packages "what makes and checks wheels, environments and manifests" python3-hatchling python3-venv python3-yaml twine || exit 1
fi
if ! command -v lintian >/dev/null || ! command -v systemd-analyze >/dev/null; then install_packages "what checks packages and units" lintian systemd || exit 1; fi
command -v pypy3 >/dev/null || install_packages "PyPy, on which the shim runs, too" pypy3 || exit 1
[ -x /usr/bin/redis-server ] || [ -x /usr/bin/valkey-server ] || install_packages "a Redis, in which several servers share state" redis-server || exit 1
command -v chromium >/dev/null || install_packages "a browser for the tests of WebSockets" chromium || exit 1
if ! command -v zsh >/dev/null || ! command -v fish >/dev/null; then install_packages "the shells whose completions are tested" zsh fish || exit 1; fi
command -v node >/dev/null || install_packages "Node.js, in which examples/node-worker is" nodejs || exit 1

mkdir -p "$results"
check "publish" ./build/publish.sh
newest=$(./build/newest.sh) || echo "the tests that need them are skipped"
for project in src/*tests/*.csproj; do
    name=$(basename "$project" .csproj)
    suite "$name" "$results/$name.trx" dotnet test "$project" -m:1 --nologo --verbosity quiet --results-directory "$results" \
        --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=minimal" --blame-hang-timeout 10m --blame-hang-dump-type none \
        ${1:+--filter "$1"}
done
if [ -d python/tests ]; then
    suite "python" "$results/python.xml" $python -m pytest -q -p no:cacheprovider --junitxml="$results/python.xml" python/tests
    if [ -z "${1:-}" ]; then
        # With the native part they have run; what it stands for is what runs everywhere else.
        suite "python, without speedups" "$results/python-off.xml" env HYDRA_TEST_SPEEDUPS=off $python -m pytest -q -p no:cacheprovider \
            --junitxml="$results/python-off.xml" $(ls python/tests/test_asgi_*.py python/tests/test_rsgi*.py python/tests/test_raw*.py python/tests/test_wsgi_*.py) python/tests/test_tasks.py python/tests/test_websocket.py
        check "speedups under sanitizers" ./build/sanitize.sh
        # Without what takes minutes there and is no other on PyPy: tornado's own loop, mutated frames, the sources of the shim.
        suite "python, pypy" "$results/pypy.xml" pypy3 -m pytest -q -p no:cacheprovider --junitxml="$results/pypy.xml" python/tests \
            --ignore=python/tests/test_tornado.py --ignore=python/tests/test_fuzz.py --ignore=python/tests/test_old_python.py --ignore=python/tests/test_debuggers.py
    fi
    # Frameworks in whose server's place the shim is go by what that has inside, which changes from version to version.
    if [ -n "$newest" ]; then
        check "python, newest packages" env -C python "$newest/bin/python" -m unittest -q tests.test_aiohttp tests.test_tornado
    fi
fi
check "dotnet format" dotnet format Hydra.sln --verify-no-changes --no-restore
check "flake8" $python -m flake8 --select F,E9,W1,W2,W3,W6 python src/hydra.tests/Functional/Apps examples build bench package

echo "$passed passed, $failed failed"
[ $failed = 0 ]
