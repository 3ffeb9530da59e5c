"""build/oldlibc.sh: programs that are linked with what it makes run under glibc 2.28, and do what they do with the machine's own."""

import os
import re
import shutil
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPT = os.path.join(ROOT, "build", "oldlibc.sh")
EXECUTABLE = os.environ.get("HYDRA_BIN") or os.path.join(ROOT, "dist", "hydra")
SPEEDUPS = os.path.join(ROOT, "python", "hydra_worker", "_speedups.abi3.so")

pytestmark = [
    pytest.mark.skipif(sys.implementation.name != "cpython", reason="once is enough"),
    pytest.mark.skipif(not sys.platform.startswith("linux") or not shutil.which("cc") or not shutil.which("readelf"), reason="there is no compiler for Linux"),
]

# What has moved, changed its name or its version since 2.28, and what has to be there once: constructors, the copy of a variable.
PROGRAM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;
long __isoc23_strtol(const char *, char **, int);
unsigned long __isoc23_strtoul(const char *, char **, int);
long long __isoc23_strtoll(const char *, char **, int);
unsigned long long __isoc23_strtoull(const char *, char **, int);
int __isoc23_sscanf(const char *, const char *, ...);
int __isoc23_fscanf(FILE *, const char *, ...);

static int constructed, arguments;
static __thread int own = 7;

__attribute__((constructor)) static void construct(int count, char **words, char **variables) {
    constructed++;
    arguments = count == 2 && strcmp(words[1], "word") == 0 && variables == environ;
}
__attribute__((destructor)) static void destruct(void) { write(1, "destructed\n", 11); }
static void leave(void) { write(1, "left\n", 5); }

static void *other(void *value) {
    sigset_t none;
    sigemptyset(&none);
    own = 8;
    return pthread_sigmask(SIG_BLOCK, &none, NULL) == 0 ? value : NULL;
}

int main(void) {
    struct stat by_path, by_file, by_link, by_directory, device;
    pthread_t thread;
    pthread_attr_t attributes;
    void *result = NULL;
    int first = 0, second = 0;
    char place[] = "/tmp/hydra-test-XXXXXX";

    atexit(leave);
    printf("constructed %d %d\n", constructed, arguments);
    printf("thread %d\n", pthread_create(&thread, NULL, other, &own) == 0 && pthread_join(thread, &result) == 0 && result == &own && own == 7);
    printf("attributes %d\n", pthread_getattr_np(pthread_self(), &attributes) == 0);
    printf("loader %d\n", dlsym(RTLD_DEFAULT, "strlen") != NULL && dlopen(NULL, RTLD_NOW) != NULL);

    int file = open("/proc/self/exe", O_RDONLY);
    printf("stat %d\n", stat("/proc/self/exe", &by_path) == 0 && fstat(file, &by_file) == 0 && fstatat(AT_FDCWD, "/proc/self/exe", &by_directory, 0) == 0
        && by_path.st_ino == by_file.st_ino && by_path.st_size == by_file.st_size && by_path.st_ino == by_directory.st_ino && by_path.st_size > 1000
        && S_ISREG(by_path.st_mode) && lstat("/proc/self/exe", &by_link) == 0 && S_ISLNK(by_link.st_mode) && stat("/nowhere", &by_path) == -1);
    mkdtemp(place);
    chdir(place);
    printf("mknod %d\n", mknod("a", S_IFIFO | 0600, 0) == 0 && mknodat(AT_FDCWD, "b", S_IFIFO | 0600, 0) == 0 && stat("b", &device) == 0 && S_ISFIFO(device.st_mode));
    unlink("a");
    unlink("b");
    chdir("/");
    rmdir(place);
    printf("memory %d\n", shm_unlink("/hydra-test-that-is-not-there") == -1);

    printf("numbers %ld %lu %lld %llu\n", __isoc23_strtol("-0x10", NULL, 0), __isoc23_strtoul("077", NULL, 0), __isoc23_strtoll("-9", NULL, 10), __isoc23_strtoull("9", NULL, 10));
    FILE *text = fmemopen("41 43", 5, "r");
    int read = __isoc23_sscanf("40 42", "%d %d", &first, &second);
    printf("scanned %d %d", read, first + second);
    read = __isoc23_fscanf(text, "%d %d", &first, &second);
    printf(" %d %d\n", read, first + second);
    printf("math %.3f %.3f %.3f\n", pow(2.0, (double)first / 82), log((double)first), log2((double)first + 23));
    fflush(stdout);
    return 0;
}
"""
EXPECTED = """constructed 1 1
thread 1
attributes 1
loader 1
stat 1
mknod 1
memory 1
numbers -16 63 -9 9
scanned 2 82 2 84
math 1.414 3.714 6.000
left
destructed
"""


@pytest.fixture(scope="module")
def libraries():
    made = subprocess.run([SCRIPT], stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout.strip()
    if not made:
        pytest.skip("the libc is another one")
    return made


def check(*files):
    return subprocess.run([SCRIPT, "check"] + list(files), stderr=subprocess.PIPE, universal_newlines=True)


@pytest.mark.parametrize("kind", ["-pie", "-no-pie"])
def test_program_needs_only_the_old_and_does_the_same(libraries, tmp_path, kind):
    (tmp_path / "program.c").write_text(PROGRAM)
    words = ["cc", "-O1", "-w", kind, "program.c", "-o", "program", "-L" + libraries, "-pthread", "-ldl", "-lrt", "-lm"]
    words.insert(3, "-fPIE" if kind == "-pie" else "-fno-pie")
    subprocess.run(words, cwd=str(tmp_path), check=True)
    assert check(str(tmp_path / "program")).stderr == ""
    result = subprocess.run([str(tmp_path / "program"), "word"], stdout=subprocess.PIPE, universal_newlines=True, check=True)
    assert result.stdout == EXPECTED
    # Before 2.34 these were in libraries of their own, which have to be named.
    needed = set(re.findall(r"NEEDED.*\[(.*)\]", subprocess.run(["readelf", "-dW", str(tmp_path / "program")], stdout=subprocess.PIPE, universal_newlines=True).stdout))
    assert {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1"} <= needed


def test_function_that_is_newer_is_an_error_of_the_linker(libraries, tmp_path):
    (tmp_path / "program.c").write_text("int close_range(unsigned, unsigned, int); int main(void) { return close_range(90, 90, 0); }")
    link = subprocess.run(["cc", "program.c", "-o", "program", "-L" + libraries], cwd=str(tmp_path), stderr=subprocess.PIPE, universal_newlines=True)
    assert link.returncode != 0 and "close_range" in link.stderr


def test_check_names_what_is_too_new(libraries, tmp_path):
    (tmp_path / "program.c").write_text("int main(void) { return 0; }")
    subprocess.run(["cc", "program.c", "-o", "program"], cwd=str(tmp_path), check=True)
    needed = subprocess.run(["readelf", "-VW", "program"], cwd=str(tmp_path), stdout=subprocess.PIPE, universal_newlines=True).stdout
    if "GLIBC_2.34" not in needed:
        pytest.skip("this machine's glibc is old itself")
    found = check(str(tmp_path / "program"))
    assert found.returncode == 1 and "needs glibc 2.34: __libc_start_main@GLIBC_2.34" in found.stderr


@pytest.mark.skipif(not os.path.isfile(EXECUTABLE), reason="build/publish.sh has not been run")
def test_executable_and_speedups_run_under_glibc_2_28():
    assert check(*[path for path in (EXECUTABLE, SPEEDUPS) if os.path.isfile(path)]).stderr == ""
