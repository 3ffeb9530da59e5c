#!/bin/sh
# Leaves in artifacts/oldlibc what programs are linked with so that they run under glibc 2.28 and newer: Debian 10, Ubuntu 18.10 and RHEL 8 on.
# Prints the directory, for -L; nothing where the libc is another one. HYDRA_GLIBC is another version; CC the
# compiler, which may be one for another processor.
#   oldlibc.sh check FILE...   ends with an error where a file needs a newer one.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/build/lib.sh"

version=${HYDRA_GLIBC:-2.28}
[ "$(uname -s)" = Linux ] || exit 0
if ldd --version 2>&1 | grep -qi musl; then exit 0; fi

if [ "${1:-}" = check ]; then
    shift
    for file in "$@"; do
        newest=$(readelf -VW "$file" | grep -o 'GLIBC_[0-9.]*' | cut -d_ -f2 | sort -uV | tail -1)
        if [ "$(printf '%s\n' "$newest" "$version" | sort -V | tail -1)" != "$version" ]; then
            fail "$file needs glibc $newest: $(readelf --dyn-syms -W "$file" | grep -o "[^ ]*@GLIBC_$newest" | tr '\n' ' ')"
        fi
    done
    exit 0
fi

for each in cc gcc clang; do
    [ -n "${CC:-}" ] || ! command -v "$each" >/dev/null || CC=$each
done
[ -n "${CC:-}" ] || fail "there is no C compiler"
export CC
output=$root/artifacts/oldlibc
new=$output.new.$$
mkdir -p "$new"
trap 'rm -rf "$new"' EXIT
/usr/bin/env python3 "$root/build/oldlibc/stubs.py" "$new" "$version"
for each in start missing; do
    "$CC" -O2 -Wall -Wextra -Werror -fPIC -fno-builtin -fno-stack-protector -ffunction-sections -c "$root/build/oldlibc/$each.c" -o "$new/$each.o"
done
"$("$CC" -print-prog-name=ar)" rcs "$new/libold.a" "$new/start.o" "$new/missing.o"
rest=$("$CC" -print-file-name=libc_nonshared.a)
loader=$(basename "$new"/ld-linux*)
# As the machine's own libc.so: what is in no library is in archives.
echo "GROUP ( $output/libc.so.6 $output/libold.a $rest AS_NEEDED ( $output/$loader ) )" >"$new/libc.so"
rm -rf "$output"
mv "$new" "$output"
echo "$output"
