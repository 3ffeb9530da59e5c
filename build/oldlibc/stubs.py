"""Makes what a program is linked with in the place of this machine's glibc, so that it runs where an older one is.

    stubs.py DIRECTORY 2.28

A program asks for each function of glibc in the version that the linker has found, which is the newest. The stubs have the names of this machine's
glibc and no code, each in the newest version that is not newer than the one that is given: what is newer only is not there, and the link fails by
its name unless missing.c has it. Before 2.34 threads, dlopen and others were in libraries of their own, and the program has to name those.
"""

import collections
import os
import re
import subprocess
import sys

LIBRARIES = ("c", "m", "pthread", "dl", "rt", "util")
# What was a library's own until 2.34 (some until 2.32), when it moved to libc.so.6.
MOVED = (
    ("pthread", re.compile(r"pthread_|__pthread_|sem_|mtx_|cnd_|tss_|thrd_|call_once")),
    ("dl", re.compile(r"dl")),
    ("rt", re.compile(r"aio_|lio_listio|mq_|shm_|timer_")),
    ("util", re.compile(r"openpty|forkpty|log")),
)
# start.c has it, and asks for the real one by its version.
HIDDEN = "__libc_start_main"

Symbol = collections.namedtuple("Symbol", "name version home kind weak address size hidden")
Found = collections.namedtuple("Found", "kind weak address size default")


def main(directory, limit):
    limit = numbers(limit)
    compiler = os.environ.get("CC", "cc")
    homes = collections.defaultdict(list)
    loader = loader_of(compiler)
    for library in LIBRARIES + ("ld",):
        path = loader if library == "ld" else path_of(compiler, library)
        if path:
            for symbol in chosen(library, symbols_of(path), limit):
                homes[symbol.home].append(symbol)
    for home, symbols in homes.items():
        name = os.path.basename(loader) if home == "ld" else {"c": "libc.so.6", "m": "libm.so.6", "pthread": "libpthread.so.0", "dl": "libdl.so.2", "rt": "librt.so.1", "util": "libutil.so.1"}[home]
        make(compiler, directory, home, name, symbols)


def numbers(version):
    return tuple(int(part) for part in version.split("."))


def path_of(compiler, library):
    """The library itself, where there is a symbolic link or a script of the linker with its name; None where its functions are in libc.so.6."""
    for suffix in ("6", "2", "1", "0"):
        name = "lib%s.so.%s" % (library, suffix)
        path = output(compiler, "-print-file-name=" + name)
        if path != name:
            return path
    return None


def loader_of(compiler):
    """The dynamic loader, which is a library, too: libc.so.6 names it."""
    needed = re.search(r"\[(ld-linux[^]]*)\]", output("readelf", "-dW", path_of(compiler, "c")))
    return output(compiler, "-print-file-name=" + needed.group(1))


def symbols_of(path):
    """name -> {version: Found} of what a library defines."""
    result = collections.defaultdict(dict)
    line = re.compile(r"\s*\d+: ([0-9a-f]+)\s+(\S+) (FUNC|IFUNC|OBJECT|NOTYPE)\s+(GLOBAL|WEAK|UNIQUE)\s+DEFAULT\s+\d+ ([^@\s]+)(@@?)GLIBC_([0-9.]+)\s*$")
    for match in map(line.match, output("readelf", "--dyn-syms", "-W", path).splitlines()):
        if match:
            address, size, kind, bind, name, at, version = match.groups()
            result[name][numbers(version)] = Found(kind, bind == "WEAK", int(address, 16), int(size, 0), at == "@@")
    return result


def chosen(library, symbols, limit):
    for name, versions in symbols.items():
        fitting = [version for version in versions if version <= limit]
        if not fitting:
            continue
        version = max(fitting)
        found = versions[version]
        home = library
        if library == "c" and any(each > limit for each in versions):
            home = next((home for home, names in MOVED if names.match(name)), library)
        yield Symbol(name, version, home, found.kind, found.weak, found.address, found.size, name == HIDDEN)


def make(compiler, directory, home, soname, symbols):
    """A shared library of empty functions and of data of the right size."""
    base = os.path.join(directory, soname)
    with open(base + ".s", "w", encoding="ascii") as source:
        source.write(".text\n")
        for number, symbol in enumerate(symbols):
            if symbol.kind in ("FUNC", "IFUNC"):
                source.write(label(number, symbol, "function") + "\t.byte 0\n")
        # Of what lies at one address a program that has a copy of it has to have all names.
        source.write(".data\n")
        places = collections.defaultdict(list)
        for number, symbol in enumerate(symbols):
            if symbol.kind in ("OBJECT", "NOTYPE"):
                places[symbol.address].append((number, symbol))
        for place in places.values():
            source.write("\t.balign 64\n")
            for number, symbol in place:
                source.write(label(number, symbol, "object") + "\t.size symbol_%d, %d\n" % (number, symbol.size))
            source.write("\t.zero %d\n" % max(1, *(symbol.size for _, symbol in place), 1))
        source.write('.section .note.GNU-stack,"",%progbits\n')
    with open(base + ".map", "w", encoding="ascii") as script:
        for version in sorted({symbol.version for symbol in symbols}):
            script.write("GLIBC_%s {};\n" % ".".join(map(str, version)))
        script.write("NOTHING { local: *; };\n")
    target = os.path.join(directory, "lib" + home + ".so") if home not in ("c", "ld") else base
    subprocess.run([compiler, "-shared", "-nostdlib", "-Wl,-soname," + soname, "-Wl,--version-script=" + base + ".map", base + ".s", "-o", target], check=True)
    os.unlink(base + ".s")
    os.unlink(base + ".map")


def label(number, symbol, kind):
    at = "@" if symbol.hidden else "@@"
    version = "GLIBC_" + ".".join(map(str, symbol.version))
    bind = ".weak" if symbol.weak else ".globl"
    return "\t%s symbol_%d\n\t.type symbol_%d, %%%s\n\t.symver symbol_%d, %s%s%s\nsymbol_%d:\n" % (bind, number, number, kind, number, symbol.name, at, version, number)


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8", env={**os.environ, "LC_ALL": "C"}).stdout.strip()


main(*sys.argv[1:])
