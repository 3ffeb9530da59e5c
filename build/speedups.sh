#!/bin/sh
# Compiles the native part of the worker, python/speedups, to python/hydra_worker/_speedups.abi3.so: one file for CPython 3.8 and newer.
# build/publish.sh puts it into the executable. Needs a C compiler and Python's headers (any version from 3.8 on), which it installs on
# Debian and its relatives. Words are further flags for the compiler. SPEEDUPS_TARGET is where it goes instead, SPEEDUPS_HEADERS the
# directory of other headers, such as another processor's, for which CC is a compiler.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/build/lib.sh"

target=${SPEEDUPS_TARGET:-$root/python/hydra_worker/_speedups.abi3.so}
compiler=${CC:-}
for each in clang gcc cc; do
    [ -n "$compiler" ] || ! command -v "$each" >/dev/null || compiler=$each
done
[ -n "$compiler" ] || fail "there is no C compiler"

# The headers of some python3; the limited API is the same in all of them.
find_headers() {
    for python in /usr/bin/python3 python3; do
        headers=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))' 2>/dev/null) || continue
        [ ! -e "$headers/Python.h" ] || return 0
    done
    return 1
}
headers=${SPEEDUPS_HEADERS:-}
[ -n "$headers" ] || find_headers || { install_packages "what Python's headers are in" python3-dev && find_headers; } || fail "there are no headers of Python (Python.h)"

case $(uname -s) in
Darwin) shared="-bundle -undefined dynamic_lookup" ;;
*) shared="-shared -Wl,-s" ;;
esac
oldlibc=$("$root/build/oldlibc.sh")
# shellcheck disable=SC2086 # the flags are words
"$compiler" -std=c11 -O2 -Wall -Wextra -Werror -Wno-cast-function-type -Wno-missing-field-initializers -Wno-unused-parameter \
    -fPIC -fvisibility=hidden $shared ${oldlibc:+"-L$oldlibc"} -I"$headers" "$root"/python/speedups/*.c -ldl "$@" -o "$target.new"
"$root/build/oldlibc.sh" check "$target.new"
mv -f "$target.new" "$target"
