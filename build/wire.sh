#!/bin/sh
# Writes python/hydra_worker/wire.py and python/speedups/wire.h from the declaration in src/hydra/Protocol. Changes nothing when they are
# up to date.
#
# The generator emits each as one raw string literal, in WireSchema.Python.g.cs and WireSchema.C.g.cs: its text stands
# unindented between a line of four quotes and a line that begins with four quotes. This builds with the generated files
# kept, in a directory of its own so that no other build notices, and cuts the texts out. HydraWireCheck=false turns off
# HYWIRE010, which would otherwise fail the build because the files are stale.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! dotnet build "$root/src/hydra/hydra.csproj" -m:1 --nologo --verbosity quiet --artifacts-path "$work/artifacts" \
    -p:HydraWireCheck=false -p:EmitCompilerGeneratedFiles=true -p:CompilerGeneratedFilesOutputPath="$work/generated" \
    >"$work/log" 2>&1; then
    cat "$work/log" >&2
    exit 1
fi

# write LANGUAGE TARGET
write() {
    literal=$(find "$work/generated" -name "WireSchema.$1.g.cs")
    name=${2##*/}
    sed -n '/^""""$/,/^"""" +/{/^""""/!p;}' "$literal" >"$work/$name"
    if [ ! -s "$work/$name" ]; then
        echo "wire.sh: no $name in $literal" >&2
        exit 1
    fi

    if cmp -s "$work/$name" "$root/$2"; then
        echo "$name is up to date"
    else
        mkdir -p "$(dirname "$root/$2")"
        cp "$work/$name" "$root/$2"
        echo "$name written"
    fi
}

write Python python/hydra_worker/wire.py
write C python/speedups/wire.h
