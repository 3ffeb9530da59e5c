#!/bin/sh
# Leaves the server as one stripped executable at dist/hydra, for machines such as this one (Linux or macOS) and, on Linux, for those with an older glibc.
#   publish.sh --rid linux-arm64   leaves one for arm64 at dist/linux-arm64/hydra, on Debian for x64: see build/arm64.sh, which tries it.
# On Debian and its relatives it installs a linker and OpenSSL when there is none; everything else comes with the .NET SDK.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/build/lib.sh"

case "${1:-} ${2:-} $#" in
" "*) rid= ;;
"--rid linux-arm64 2") rid=linux-arm64 ;;
"--rid linux-x64 2" | "--rid linux-musl-x64 2" | "--rid osx-"*) fail "what runs on $2 is built there: run  build/publish.sh  on such a machine" ;;
*) fail "usage: publish.sh [--rid linux-arm64]" ;;
esac

need_dotnet
case $(uname -s) in
Linux)
    if ldd --version 2>&1 | grep -qi musl; then system=linux-musl; else system=linux; fi
    command -v clang >/dev/null || command -v gcc >/dev/null || install_packages "a linker" gcc libc6-dev binutils
    ;;
Darwin)
    system=osx
    command -v clang >/dev/null || fail "publish.sh needs Apple's command line tools: run  xcode-select --install"
    ;;
*) fail "publish.sh knows Linux and macOS; on Windows use build\\publish.ps1" ;;
esac
case $(uname -m) in
x86_64 | amd64) machine=x64 ;;
aarch64 | arm64) machine=arm64 ;;
*) fail "there is no Native AOT for $(uname -m)" ;;
esac

# Where the executable goes.
dist=$root/dist
if [ "$rid" = "$system-$machine" ]; then
    rid=
fi

# Native AOT calls clang by default and takes gcc as well. zlib is compiled into the runtime: no zlib1g-dev.
set --
if [ -n "$rid" ]; then
    [ "$system-$machine" = linux-x64 ] || fail "executables for another processor are built on Linux x64; here run  build/publish.sh  on $rid itself"
    command -v aarch64-linux-gnu-gcc >/dev/null || install_packages "a compiler for arm64" gcc-aarch64-linux-gnu libc6-dev-arm64-cross
    cross=$("$root/build/arm64.sh")
    machine=arm64
    dist=$root/dist/$rid
    speedups=$cross/_speedups.abi3.so
    export CC=aarch64-linux-gnu-gcc CMAKE_TOOLCHAIN_FILE="$cross/toolchain.cmake"
    set -- "-p:CppCompilerAndLinker=$cross/cc" -p:ObjCopyName=aarch64-linux-gnu-objcopy "-p:HydraLibraries=$cross/lib" "-p:HydraSpeedups=$speedups"
else
    command -v clang >/dev/null || set -- -p:CppCompilerAndLinker=gcc
fi

# TLS is OpenSSL's, which is linked in, so that the one file speaks it also where no OpenSSL is installed. .NET has what lies between the two
# compiled against the headers that are here (cmake).
has_openssl() {
    command -v cmake >/dev/null && command -v make >/dev/null || return 1
    [ -z "$rid" ] || return 0
    [ -e "$(${CC:-cc} -print-file-name=libssl.a)" ] && [ -e "$(${CC:-cc} -print-file-name=libcrypto.a)" ]
}
if [ "$system" != osx ]; then
    has_openssl || install_packages "what OpenSSL is linked in with" cmake make libssl-dev
    set -- "$@" -p:StaticOpenSslLinking=true
fi

if [ -n "$rid" ]; then
    SPEEDUPS_TARGET=$speedups SPEEDUPS_HEADERS=$(echo "$cross"/root/usr/include/python3.*) "$root/build/speedups.sh" -isystem "$cross/root/usr/include"
else
    "$root/build/speedups.sh"
fi
oldlibc=$("$root/build/oldlibc.sh")
[ -z "$oldlibc" ] || set -- "$@" "-p:HydraOldLibc=$oldlibc"

output=$root/artifacts/publish
rm -rf "$output"
dotnet publish "$root/src/hydra/hydra.csproj" -m:1 --nologo --verbosity quiet -c Release -r "$system-$machine" -o "$output" "$@"
"$root/build/oldlibc.sh" check "$output/hydra"

# What strip has changed has lost its linker's signature, without which nothing runs on Apple's processors.
[ "$system" != osx ] || codesign --force --sign - "$output/hydra"

# The new file takes the place of the old one in one step: a server that runs from it goes on.
mkdir -p "$dist"
cp "$output/hydra" "$dist/.hydra.new"
mv -f "$dist/.hydra.new" "$dist/hydra"

size=$(wc -c <"$dist/hydra" | tr -d ' ')
echo "${dist#"$root/"}/hydra: $system-$machine, $((size / 100000 / 10)).$((size / 100000 % 10)) MB"
