#!/bin/sh
# Runs the native part of the worker beside the Python code under AddressSanitizer and UndefinedBehaviorSanitizer, in a copy of python/.
# Needs gcc with its sanitizers. A word is the number of rounds; HYDRA_FUZZ_SEED chooses others.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/build/lib.sh"

command -v gcc >/dev/null || install_packages "the sanitizers" gcc libc6-dev
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$root/python" "$work/python"
CC=gcc SPEEDUPS_TARGET=$work/python/hydra_worker/_speedups.abi3.so "$root/build/speedups.sh" \
    -g -O1 -Wno-error -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined

# Python's own allocator would hide what is used after its end. What the interpreter never frees is no leak of this module.
for kind in twins rsgi raw wsgi; do
    env LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc \
        /usr/bin/python3 "$work/python/tests/native_trial.py" $kind "${1:-200}" "${HYDRA_FUZZ_SEED:-1}"
done
