#!/bin/sh
# Writes python/hydra_worker/wire.py from the declaration in src/hydra/Protocol. Changes nothing when it is up to date.
#
# The generator emits the module as one raw string literal in WireSchema.Python.g.cs: its text stands unindented between
# a line of four quotes and a line that begins with four quotes. This builds with the generated files kept, in a
# directory of its own so that no other build notices, and cuts the text out. HydraWireCheck=false turns off HYWIRE010,
# which would otherwise fail the build because the file is stale.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
target=$root/python/hydra_worker/wire.py
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! dotnet build "$root/src/hydra/hydra.csproj" -m:1 --nologo --verbosity quiet --artifacts-path "$work/artifacts" \
    -p:HydraWireCheck=false -p:EmitCompilerGeneratedFiles=true -p:CompilerGeneratedFilesOutputPath="$work/generated" \
    >"$work/log" 2>&1; then
    cat "$work/log" >&2
    exit 1
fi

literal=$(find "$work/generated" -name WireSchema.Python.g.cs)
sed -n '/^""""$/,/^"""" +/{/^""""/!p;}' "$literal" >"$work/wire.py"
if [ ! -s "$work/wire.py" ]; then
    echo "wire.sh: no module in $literal" >&2
    exit 1
fi

if cmp -s "$work/wire.py" "$target"; then
    echo "wire.py is up to date"
else
    mkdir -p "$(dirname "$target")"
    cp "$work/wire.py" "$target"
    echo "wire.py written"
fi
