#!/bin/sh
# Leaves a Debian package with dist/hydra in it in dist/: the executable, its manual and completions, and the units of package/linux.
# The same executable gives the same bytes. HYDRA_BIN names another executable, HYDRA_DEB_DIR another directory than dist/, HYDRA_DEB_COMPRESSION
# another one than xz.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/build/lib.sh"

executable=${HYDRA_BIN:-$root/dist/hydra}
[ -f "$executable" ] || fail "$executable is not there: run build/publish.sh first"
command -v dpkg-deb >/dev/null || fail "dpkg-deb is missing: this makes packages on Debian and its relatives"
command -v readelf >/dev/null || install_packages "what reads executables" binutils

version=$("$executable" --version | cut -d' ' -f2)
case $(readelf -h "$executable" | awk '/Machine:/ { print $NF }') in
X86-64) architecture=amd64 ;;
AArch64) architecture=arm64 ;;
*) fail "$executable is for no machine that Debian has a name for here" ;;
esac
glibc=$(readelf -VW "$executable" | grep -o 'GLIBC_[0-9.]*' | cut -d_ -f2 | sort -uV | tail -1)

# Files have the time of the last commit, or what SOURCE_DATE_EPOCH says.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 1577836800)}
export SOURCE_DATE_EPOCH
umask 022

work=$root/artifacts/deb
rm -rf "$work"
put() {
    install -D -m "$1" "$2" "$work/$3"
}
put 755 "$executable" usr/bin/hydra
put 644 "$root/package/linux/hydra@.service" usr/lib/systemd/system/hydra@.service
put 644 "$root/package/linux/hydra@.socket" usr/lib/systemd/system/hydra@.socket
put 644 "$root/package/linux/sysusers.conf" usr/lib/sysusers.d/hydra-server.conf
mkdir -p "$work/etc/hydra" "$work/DEBIAN"
mkdir -p "$work/usr/share/man/man1" "$work/usr/share/doc/hydra-server"
gzip -9n <"$root/docs/hydra.1" >"$work/usr/share/man/man1/hydra.1.gz"
for each in bash:usr/share/bash-completion/completions/hydra zsh:usr/share/zsh/vendor-completions/_hydra fish:usr/share/fish/vendor_completions.d/hydra.fish; do
    mkdir -p "$work/$(dirname "${each#*:}")"
    "$executable" completion "${each%%:*}" >"$work/${each#*:}"
done

date=$(date -u -R -d "@$SOURCE_DATE_EPOCH")
{
    echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
    echo "Upstream-Name: hydra"
    echo
    echo "Files: *"
    echo "Copyright: $(sed -n 's/^Copyright (c) //p' "$root/LICENSE")"
    echo "License: Expat"
    sed -n '/^Permission/,$p' "$root/LICENSE" | sed 's/^$/./; s/^/ /'
    echo
    echo "Files: usr/bin/hydra"
    echo "Copyright: The Hydra authors; the .NET Foundation; the OpenSSL Project Authors; the zstd authors"
    echo "License: Expat and Apache-2.0"
    echo " Linked into it are .NET (Expat) and OpenSSL (Apache-2.0), of which Debian has the"
    echo " text in /usr/share/common-licenses/Apache-2.0."
} >"$work/usr/share/doc/hydra-server/copyright"
printf 'hydra-server (%s) unstable; urgency=medium\n\n  * See the documentation of this version.\n\n -- The Hydra authors <hydra@localhost>  %s\n' "$version" "$date" |
    gzip -9n >"$work/usr/share/doc/hydra-server/changelog.gz"

for each in postinst prerm postrm; do
    put 755 "$root/package/linux/$each" DEBIAN/$each
done
cat >"$work/DEBIAN/control" <<CONTROL
Package: hydra-server
Version: $version
Architecture: $architecture
Maintainer: The Hydra authors <hydra@localhost>
Installed-Size: $(du -sk --apparent-size "$work" | cut -f1)
Depends: libc6 (>= $glibc)
Recommends: python3
Conflicts: hydra
Section: httpd
Priority: optional
Description: server for Python web applications
 Hydra serves Python web applications (Django, Flask, FastAPI, Starlette, and
 anything else that speaks ASGI, WSGI or RSGI) behind one native executable,
 which owns the clients' connections and runs the applications in worker
 processes.
CONTROL
(cd "$work" && find . -path ./DEBIAN -prune -o -type f -print0 | sort -z | xargs -0 md5sum | sed 's|  \./|  |' >DEBIAN/md5sums)
find "$work" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

output=${HYDRA_DEB_DIR:-$root/dist}
mkdir -p "$output"
rm -f "$output"/hydra-server_*_"$architecture".deb
dpkg-deb --root-owner-group "-Z${HYDRA_DEB_COMPRESSION:-xz}" --build "$work" "$output/hydra-server_${version}_$architecture.deb" >/dev/null
ls -l "$output/hydra-server_${version}_$architecture.deb" | awk '{ printf "%s, %.1f MB\n", $NF, $5 / 1000000 }'
