#!/bin/sh
# Makes the environment for the tests with the newest packages, unless it is there: CPython 3.11 with what
# Apps/newest/requirements.txt says, from PIP_FIND_LINKS (a directory of wheels) or from PyPI. It lies outside of the
# repository, under the hash of its requirements. Prints a sentence and ends with 1 where it cannot be made: the tests are skipped then.
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/build/lib.sh"

requirements=$root/src/hydra.tests/Functional/Apps/newest/requirements.txt
hash=$(sha256sum "$requirements" | cut -c1-16)
home=${HYDRA_TEST_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/hydra-tests}/newest-$hash
if [ -x "$home/bin/python" ] && [ -e "$home/complete" ]; then
    echo "$home"
    exit 0
fi

command -v python3.11 >/dev/null || fail "no newest packages: there is no python3.11 on PATH"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
mkdir -p "$(dirname "$home")" || fail "no newest packages: $home cannot be made"
rm -rf "$home"
python3.11 -m venv "$home" >"$log" 2>&1 || fail "no newest packages: python3.11 -m venv: $(tail -1 "$log")"

# A directory that has everything needs no index, and asking one that is not reached takes pip minutes.
pip="$home/bin/python -m pip --disable-pip-version-check --no-input -q --retries 0 --timeout 10 install --only-binary :all:"
if $pip --no-index -r "$requirements" >"$log" 2>&1 || timeout 180 $pip -r "$requirements" >"$log" 2>&1; then
    touch "$home/complete"
    echo "$home"
else
    rm -rf "$home"
    fail "no newest packages: pip: $(grep -m 1 -E 'ERROR|WARNING' "$log" || echo 'it did not end')"
fi
