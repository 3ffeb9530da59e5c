"""The scripts that build for other platforms: what they say where something is missing, and publish.ps1 on a Windows that is made up."""

import os
import re
import shutil
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")

pytestmark = [
    pytest.mark.skipif(sys.implementation.name != "cpython", reason="once is enough"),
    pytest.mark.skipif(os.name != "posix", reason="they are shell scripts"),
]


def run(script, *words, **variables):
    return subprocess.run([script, *words], env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)


@pytest.fixture
def checkout(tmp_path):
    """A copy of the scripts, in which nothing is built."""
    shutil.copytree(BUILD, str(tmp_path / "build"))
    return tmp_path


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--rid", "linux-musl-x64"], "what runs on linux-musl-x64 is built there"),
        (["--rid", "osx-arm64"], "what runs on osx-arm64 is built there"),
        (["--rid", "linux-s390x"], "usage: publish.sh [--rid linux-arm64]"),
        (["--rid"], "usage: publish.sh [--rid linux-arm64]"),
        (["linux-arm64"], "usage: publish.sh [--rid linux-arm64]"),
    ],
)
def test_publish_for_what_it_cannot_build_is_a_sentence(checkout, words, sentence):
    found = run(str(checkout / "build" / "publish.sh"), *words)
    assert found.returncode == 1
    assert sentence in found.stderr


def test_trial_of_arm64_says_what_is_missing(checkout):
    found = run(str(checkout / "build" / "arm64.sh"), "trial")
    assert found.returncode == 1
    assert "build/publish.sh --rid linux-arm64" in found.stderr

    executable = checkout / "dist" / "linux-arm64" / "hydra"
    executable.parent.mkdir(parents=True)
    executable.write_bytes(b"")
    found = run(str(checkout / "build" / "arm64.sh"), "trial")
    assert found.returncode == 1
    assert "there is no Python of arm64" in found.stderr


DOTNET = """#!/bin/sh
if [ "$1" = --list-sdks ]; then
    echo "$SDKS"
    exit
fi
while [ $# -gt 0 ]; do
    [ "$1" != -o ] || output=$2
    [ "$1" != -r ] || rid=$2
    shift
done
mkdir -p "$output"
printf '#!/bin/sh\\necho %s; exit %s\\n' "$rid" "${RUNS:-0}" >"$output/hydra.exe"
chmod 755 "$output/hydra.exe"
"""


@pytest.fixture
def windows(checkout):
    """publish.ps1 where dotnet and Visual Studio are scripts."""
    powershell = shutil.which("pwsh")
    if powershell is None:
        pytest.skip("there is no PowerShell")

    def put(path, text):
        path.parent.mkdir(parents=True)
        path.write_text(text)
        path.chmod(0o755)

    put(checkout / "bin" / "dotnet", DOTNET)
    put(checkout / "programs" / "Microsoft Visual Studio" / "Installer" / "vswhere.exe", '#!/bin/sh\necho "$STUDIO"\n')
    path = str(checkout / "bin") + os.pathsep + os.environ["PATH"]
    standard = {"PATH": path, "ProgramFiles(x86)": "", "ProgramFiles": str(checkout / "programs"), "SDKS": "9.0.1 [x]\n10.0.4 [x]", "STUDIO": "/studio", "NO_COLOR": "1"}

    def publish(**variables):
        found = run(powershell, "-NoProfile", "-File", str(checkout / "build" / "publish.ps1"), **{**standard, **variables})
        return found.returncode, re.sub(r"\s*\n\s*\|?\s*", " ", found.stdout + found.stderr)

    return publish


def test_publish_on_windows_leaves_the_executable(windows, checkout):
    for _ in range(2):
        code, said = windows()
        assert code == 0, said
        assert re.match(r"dist\\hydra\.exe: win-(x64|arm64), 0\.0 MB", said)
        assert os.listdir(str(checkout / "dist")) == ["hydra.exe"]


@pytest.mark.parametrize(
    "variables, sentence",
    [
        ({"SDKS": "9.0.1 [x]"}, "the .NET SDK 10 is missing"),
        ({"STUDIO": ""}, "the C++ linker is missing"),
        ({"RUNS": "3"}, "what was built does not run"),
    ],
)
def test_publish_on_windows_says_what_is_missing(windows, checkout, variables, sentence):
    code, said = windows(**variables)
    assert code != 0
    assert sentence in said
    assert not os.path.exists(str(checkout / "dist" / "hydra.exe"))
