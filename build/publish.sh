#!/bin/sh
# Leaves the server as one stripped executable at dist/hydra, for machines such as this one (Linux or macOS) and, on Linux, for those with an older glibc.
# On Debian and its relatives it installs a linker and OpenSSL when there is none; everything else comes with the .NET SDK.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/build/lib.sh"

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

# Native AOT calls clang by default and takes gcc as well. zlib is compiled into the runtime: no zlib1g-dev.
set --
command -v clang >/dev/null || set -- -p:CppCompilerAndLinker=gcc

# TLS is OpenSSL's, which is linked in, so that the one file speaks it also where no OpenSSL is installed. .NET has what lies between the two
# compiled against the headers that are here (cmake).
has_openssl() {
    command -v cmake >/dev/null && command -v make >/dev/null && [ -e "$(${CC:-cc} -print-file-name=libssl.a)" ] && [ -e "$(${CC:-cc} -print-file-name=libcrypto.a)" ]
}
if [ "$system" != osx ]; then
    has_openssl || install_packages "what OpenSSL is linked in with" cmake make libssl-dev
    set -- "$@" -p:StaticOpenSslLinking=true
fi

"$root/build/speedups.sh"
oldlibc=$("$root/build/oldlibc.sh")
[ -z "$oldlibc" ] || set -- "$@" "-p:HydraOldLibc=$oldlibc"

output=$root/artifacts/publish
rm -rf "$output"
dotnet publish "$root/src/hydra/hydra.csproj" -m:1 --nologo --verbosity quiet -c Release -r "$system-$machine" -o "$output" "$@"
"$root/build/oldlibc.sh" check "$output/hydra"

# The new file takes the place of the old one in one step: a server that runs from it goes on.
mkdir -p "$root/dist"
cp "$output/hydra" "$root/dist/.hydra.new"
mv -f "$root/dist/.hydra.new" "$root/dist/hydra"

size=$(wc -c <"$root/dist/hydra" | tr -d ' ')
echo "dist/hydra: $system-$machine, $((size / 100000 / 10)).$((size / 100000 % 10)) MB"
