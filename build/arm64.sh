#!/bin/sh
# Makes what build/publish.sh --rid linux-arm64 compiles with on Debian for x64, and prints the directory: arm64's libraries and Python, which
# are unpacked there and not installed. Only the compiler is installed.
#   arm64.sh trial   runs dist/linux-arm64/hydra, and Python of arm64 under it, by qemu's emulation of a process: see build/trial.py.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/build/lib.sh"

output=$root/artifacts/arm64
system=$output/root
if [ "${1:-}" = trial ]; then
    executable=$root/dist/linux-arm64/hydra
    [ -f "$executable" ] || fail "$executable is not there: run  build/publish.sh --rid linux-arm64  first"
    [ -x "$system/usr/bin/python3" ] || fail "there is no Python of arm64 in $system: run  build/arm64.sh  first"
    command -v qemu-aarch64-static >/dev/null || install_packages "what runs programs of arm64" qemu-user-static
    command -v openssl >/dev/null || install_packages "what makes the trial's certificate" openssl
    # The kernel knows nothing of arm64: who starts Python says by what.
    printf '#!/bin/sh\nexec qemu-aarch64-static -L %s %s/usr/bin/python3 "$@"\n' "$system" "$system" >"$output/python3"
    chmod 755 "$output/python3"
    exec /usr/bin/env python3 "$root/build/trial.py" qemu-aarch64-static -L "$system" "$executable" -- --python "$output/python3"
fi

if [ ! -e "$system/usr/lib/aarch64-linux-gnu/libssl.a" ]; then
    command -v apt-get >/dev/null || fail "it takes arm64's packages from Debian's archive; elsewhere build on such a machine"
    state=$output/apt
    mkdir -p "$state/lists/partial" "$state/archives/partial"
    : >"$state/status"
    # Lists and a state of its own: this machine's packages stay as they are.
    fetch="apt-get -qq -o Dir::State=$state -o Dir::State::Lists=$state/lists -o Dir::State::status=$state/status -o Dir::Cache=$state
        -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Debug::NoLocking=1"
    # shellcheck disable=SC2086 # the options are words
    {
        $fetch update
        $fetch install -y --no-install-recommends --download-only python3 python3-dev libssl-dev libc6-dev >&2
    }
    mkdir -p "$system.new"
    for package in "$state"/archives/*.deb; do
        dpkg-deb -x "$package" "$system.new"
    done
    rm -rf "$system" "$state"
    mv "$system.new" "$system"
fi

# The libraries that are linked in, and no others: those of glibc are build/oldlibc.sh's.
rm -rf "$output/lib"
mkdir -p "$output/lib"
ln -s "$system/usr/lib/aarch64-linux-gnu/libssl.a" "$system/usr/lib/aarch64-linux-gnu/libcrypto.a" "$output/lib"

# gcc's name says what it compiles for, and it does not know the word by which .NET says it.
cat >"$output/cc" <<'END'
#!/bin/sh
for word; do
    shift
    case $word in --target=*) ;; *) set -- "$@" "$word" ;; esac
done
exec aarch64-linux-gnu-gcc "$@"
END
chmod 755 "$output/cc"

cat >"$output/toolchain.cmake" <<END
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_C_FLAGS_INIT "-isystem $system/usr/include -isystem $system/usr/include/aarch64-linux-gnu")
set(OPENSSL_INCLUDE_DIR "$system/usr/include")
set(OPENSSL_SSL_LIBRARY "$output/lib/libssl.a")
set(OPENSSL_CRYPTO_LIBRARY "$output/lib/libcrypto.a")
END
echo "$output"
