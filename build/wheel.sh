#!/bin/sh
# Leaves a wheel with dist/hydra in it in dist/, for  pip install dist/hydra_server-*.whl  on such machines as the executable runs on. The same executable gives the same
# bytes. HYDRA_BIN names another executable, such as one of another platform; HYDRA_WHEEL_DIR another directory than dist/.
# On Debian and its relatives it installs hatchling when there is none.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/build/lib.sh"

python=${PYTHON:-/usr/bin/python3}
executable=${HYDRA_BIN:-$root/dist/hydra}
[ -f "$executable" ] || fail "$executable is not there: run build/publish.sh first"
$python -c 'import hatchling' 2>/dev/null || install_packages "what makes wheels" python3-hatchling

# A copy, so that the checkout stays as it is.
work=$root/artifacts/wheel
rm -rf "$work"
mkdir -p "$work"
cp -R "$root/package/." "$work"
# That is what build/deb.sh takes.
rm -rf "$work/linux"
cp "$root/LICENSE" "$work"
cp "$executable" "$work/$(basename "$executable")"
chmod 755 "$work/$(basename "$executable")"

output=${HYDRA_WHEEL_DIR:-$root/dist}
rm -f "$output"/hydra_server-*.whl
cd "$work"
# A ZIP archive knows no time before 1980; hatchling takes 2020 for all files.
HYDRA_BIN=$work/$(basename "$executable") $python -c '
import hatchling.build, sys
print(hatchling.build.build_wheel(sys.argv[1]))' "$work" | tail -1
# hatchling packs as quickly as zlib does by itself. The same files, as small as they get.
$python -c '
import sys, zipfile
source, target = sys.argv[1:]
with zipfile.ZipFile(source) as wheel, zipfile.ZipFile(target, "w") as packed:
    for each in wheel.infolist():
        packed.writestr(each, wheel.read(each), zipfile.ZIP_DEFLATED, 9)' hydra_server-*.whl "$output/$(basename hydra_server-*.whl)"
chmod 644 "$output"/hydra_server-*.whl
ls -l "$output"/hydra_server-*.whl | awk '{ printf "%.1f MB\n", $5 / 1000000 }'
