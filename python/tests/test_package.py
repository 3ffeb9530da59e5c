"""The package hydra_server: how it makes a command line, runs the executable, and what its wheel leaves in an environment."""

import glob
import importlib.util
import inspect
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import types
import urllib.request
import zipfile

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXECUTABLE = os.environ.get("HYDRA_BIN") or os.path.join(ROOT, "dist", "hydra")
sys.path.insert(0, os.path.join(ROOT, "package"))

import hydra_server  # noqa: E402
from hydra_server import _arguments, _process, _run, _server  # noqa: E402

APP = '''
import os, sys

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [" ".join((os.environ.get("GREETING", "hello"), sys.executable)).encode()]

broken = None

if __name__ == "__main__":
    import hydra_server
    hydra_server.run(app, bind="127.0.0.1:0", pid="hydra.pid")
'''

needs_executable = pytest.mark.skipif(not os.path.isfile(EXECUTABLE), reason="build/publish.sh has not been run")


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "shop.py").write_text(APP)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYDRA_BIN", EXECUTABLE)
    monkeypatch.setenv("PYTHONPATH", os.path.join(ROOT, "package"))
    return tmp_path


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


@pytest.mark.parametrize(
    "options, expected",
    [
        ({}, []),
        ({"workers": 2}, ["--workers=2"]),
        ({"log_level": "debug", "root_path": "/x"}, ["--log-level=debug", "--root-path=/x"]),
        ({"access_log": True, "preload": False}, ["--access-log", "--no-preload"]),
        ({"bind": ["a:1", "b:2"], "uds": None}, ["--bind=a:1", "--bind=b:2"]),
    ],
)
def test_arguments_options_are_those_of_the_command_line(options, expected):
    assert _arguments.arguments("a:b", options) == expected + ["--python=" + sys.executable, "a:b"]


def test_arguments_python_that_is_named_is_the_one():
    assert _arguments.arguments("a:b", {"python": "python3.9"}) == ["--python=python3.9", "a:b"]


def test_arguments_object_of_a_module_has_its_name():
    assert _arguments.arguments(urllib.request.urlopen, {})[-1] == "urllib.request:urlopen"


def test_arguments_object_of_the_script_is_found_by_its_file(monkeypatch):
    main = types.ModuleType("__main__")
    main.__file__ = "/srv/shop/serve.py"
    main.__spec__ = None
    main.application = object()
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert _arguments.arguments(main.application, {}) == ["--app-dir", "/srv/shop", "--python=" + sys.executable, "serve:application"]


def test_arguments_object_without_a_name_is_a_sentence():
    with pytest.raises(TypeError, match="module:attribute"):
        _arguments.arguments(lambda scope, receive, send: None, {})


def test_executable_that_is_no_file_is_a_sentence(monkeypatch):
    monkeypatch.setenv("HYDRA_BIN", "/nowhere/hydra")
    with pytest.raises(FileNotFoundError, match="HYDRA_BIN names /nowhere/hydra"):
        hydra_server.executable()


@needs_executable
def test_server_serves_until_it_is_stopped(project):
    with hydra_server.Server("shop:app", env="GREETING=welcome") as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert get(server.url) == "welcome " + sys.executable
        with pytest.raises(RuntimeError, match="runs already"):
            server.start()
        running = server.process_id
    assert server.process_id is None and server.url is None
    with pytest.raises(ProcessLookupError):
        os.kill(running, 0)


@needs_executable
def test_server_starts_again_after_a_stop(project):
    server = hydra_server.Server("shop:app")
    for _ in range(2):
        server.start()
        assert get(server.url).startswith("hello ")
        assert server.stop() == 0


@needs_executable
def test_server_with_an_option_that_there_is_not_says_so(project, capfd):
    with pytest.raises(RuntimeError, match="exit code 2 before it was ready: .*--wokers"):
        hydra_server.Server("shop:app", wokers=2).start()
    assert "--wokers" in capfd.readouterr().err


def test_what_the_server_says_last_of_why_it_does_not_start_is_found():
    front, here = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) if os.name == "posix" else socket.socketpair()
    with front, here:
        assert _server._status(here) == ""
        front.send(b"STATUS=\xff is wrong")
        assert _server._status(here) == "\ufffd is wrong"
    assert _server._sentence([b"WATCHDOG=1", b"STATUS=there is no such thing"]) == "there is no such thing"


@needs_executable
def test_server_whose_application_is_broken_says_so(project, capfd):
    with pytest.raises(RuntimeError, match="exit code 3 before it was ready.*broken"):
        hydra_server.Server("shop:broken").start()
    assert "broken" in capfd.readouterr().err


@needs_executable
def test_run_of_a_script_serves_its_object_and_passes_signals_on(project):
    process = subprocess.Popen([sys.executable, "shop.py"], stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if "is ready at http://" in line:
                break
        address = line.split("is ready at ")[1].split()[0]
        assert get(address) == "hello " + sys.executable
        assert int((project / "hydra.pid").read_text()) != process.pid
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        assert process.wait() == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


class Told:
    """A process that keeps what it was told."""

    def __init__(self, refuses=None):
        self.signals = []
        self.ended = False
        self._refuses = refuses

    def send_signal(self, number):
        self.signals.append(number)
        if self._refuses is not None:
            raise self._refuses

    def terminate(self):
        self.ended = True


def test_signals_on_windows_are_ctrl_break_to_a_group_of_its_own(monkeypatch):
    started = {}
    monkeypatch.setattr(_process.subprocess, "Popen", lambda command, **how: started.update(how) or command)
    assert _process.start(["hydra"], windows=True) == ["hydra"]
    assert started == {"creationflags": 0x200}

    for number in (None, signal.SIGINT, signal.SIGTERM):
        process = Told()
        _process.tell(process, number, windows=True)
        assert (process.signals, process.ended) == ([1], False)


@pytest.mark.parametrize("refused", [OSError("no console"), SystemError("of an old Python")])
def test_server_without_a_console_on_windows_is_ended(refused):
    process = Told(refused)
    _process.tell(process, windows=True)
    assert process.ended


def test_signals_elsewhere_are_themselves():
    process = Told()
    _process.tell(process, windows=False)
    _process.tell(process, signal.SIGINT, windows=False)
    assert process.signals == [signal.SIGTERM, signal.SIGINT]


@pytest.mark.skipif(os.name != "posix", reason="no such signal")
@pytest.mark.parametrize("before, passed", [(signal.SIG_IGN, [signal.SIGINT]), (signal.default_int_handler, [])])
def test_interrupt_that_was_ignored_is_passed_on(before, passed):
    kept = signal.signal(signal.SIGINT, before)
    process = Told()
    changed = _run._pass_on(process)
    try:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            # run() passes it on by itself then.
            assert before is signal.default_int_handler
        assert process.signals == passed
    finally:
        for number, handler in changed:
            signal.signal(number, handler)
        assert signal.signal(signal.SIGINT, kept) is before


@needs_executable
def test_module_is_the_command(project):
    version = subprocess.run([sys.executable, "-m", "hydra_server", "--version"], capture_output=True, text=True, check=True)
    assert version.stdout == subprocess.run([EXECUTABLE, "--version"], capture_output=True, text=True, check=True).stdout
    wrong = subprocess.run([sys.executable, "-m", "hydra_server", "--nothing"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "Unknown option --nothing" in wrong.stderr


once = pytest.mark.skipif(sys.implementation.name != "cpython", reason="once is enough")


def build_wheel(directory, **variables):
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    subprocess.run([os.path.join(ROOT, "build", "wheel.sh")], env={**environment, "HYDRA_BIN": EXECUTABLE, "HYDRA_WHEEL_DIR": str(directory), **variables}, check=True)
    (wheel,) = glob.glob(os.path.join(str(directory), "hydra_server-*.whl"))
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def entry(wheel, name):
    return zipfile.ZipFile(wheel).read("hydra_server-%s.dist-info/%s" % (hydra_server.__version__, name)).decode()


@needs_executable
@once
def test_wheel_two_builds_are_the_same_bytes(wheel, tmp_path):
    with open(wheel, "rb") as first, open(build_wheel(tmp_path), "rb") as second:
        assert first.read() == second.read()


@needs_executable
@once
def test_wheel_says_where_it_runs(wheel):
    name, version, python, abi, platform = os.path.basename(wheel)[:-len(".whl")].split("-")
    assert (name, version, python, abi) == ("hydra_server", hydra_server.__version__, "py3", "none")
    facts = entry(wheel, "WHEEL").splitlines()
    assert "Root-Is-Purelib: false" in facts and "Tag: py3-none-" + platform in facts
    glibc = re.fullmatch(r"manylinux_2_(\d+)_(x86_64|aarch64)", platform)
    assert glibc is None or int(glibc.group(1)) <= 28, platform


@needs_executable
@once
@pytest.mark.skipif(not shutil.which("twine"), reason="there is no twine")
def test_wheel_is_one_that_an_index_takes(wheel):
    check = subprocess.run(["twine", "check", "--strict", wheel], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    assert check.returncode == 0 and "PASSED" in check.stdout, check.stdout
    # An index shows no files of the repository: the description has no links to them.
    assert re.findall(r"\]\((?!https?:)", entry(wheel, "METADATA")) == []


@once
def test_package_is_typed():
    assert os.path.isfile(os.path.join(ROOT, "package", "hydra_server", "py.typed"))
    public = [getattr(hydra_server, name) for name in hydra_server.__all__]
    methods = [value for name, value in vars(hydra_server.Server).items() if inspect.isfunction(value)]
    for function in [one for one in public if inspect.isfunction(one)] + methods:
        missing = [name for name in inspect.signature(function).parameters if name != "self" and name not in function.__annotations__]
        assert missing == [] and "return" in function.__annotations__, function


@once
@pytest.mark.parametrize(
    "content, platform",
    [
        (b"\x7fELF" + bytes(14) + b"\x3e\x00" + b"GLIBC_2.2.5\x00GLIBC_2.17\x00GLIBC_2.9\x00", "manylinux_2_17_x86_64"),
        (b"\x7fELF" + bytes(14) + b"\xb7\x00" + b"GLIBC_2.28\x00", "manylinux_2_28_aarch64"),
        (b"\x7fELF" + bytes(14) + b"\x3e\x00" + b"/lib/ld-musl-x86_64.so.1\x00", "musllinux_1_2_x86_64"),
        (b"\xcf\xfa\xed\xfe" + b"\x07\x00\x00\x01", "macosx_12_0_x86_64"),
        (b"\xcf\xfa\xed\xfe" + b"\x0c\x00\x00\x01", "macosx_12_0_arm64"),
        (b"MZ" + bytes(58) + b"\x40\x00\x00\x00" + b"PE\x00\x00\x64\x86", "win_amd64"),
        (b"MZ" + bytes(58) + b"\x40\x00\x00\x00" + b"PE\x00\x00\x64\xaa", "win_arm64"),
    ],
)
def test_platform_is_that_of_the_executable(tmp_path, content, platform):
    hook = pytest.importorskip("hatchling") and import_file(os.path.join(ROOT, "package", "hatch_build.py"))
    (tmp_path / "hydra").write_bytes(content)
    assert hook.platform_of(str(tmp_path / "hydra")) == platform


def import_file(path):
    spec = importlib.util.spec_from_file_location("hatch_build", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs_executable
@once
def test_wheel_installed_serves_from_its_environment(project, wheel):
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "HYDRA_BIN", "VIRTUAL_ENV")}
    subprocess.run([sys.executable, "-m", "venv", "own"], check=True)
    python = str(project / "own" / "bin" / "python")
    before = files(project / "own")
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-index", "--disable-pip-version-check", wheel], env=environment, check=True)
    serve = "import hydra_server, urllib.request\nwith hydra_server.Server('shop:app', python=None) as s: print(urllib.request.urlopen(s.url).read().decode())"
    assert subprocess.run([python, "-c", serve], env=environment, capture_output=True, text=True, check=True).stdout == "hello %s\n" % python

    # No Python between: the command is the executable.
    with open(project / "own" / "bin" / "hydra", "rb") as installed, open(EXECUTABLE, "rb") as built:
        assert installed.read() == built.read()

    # Started by itself it takes the Python of the environment that it is in, whichever is active.
    check = subprocess.run([str(project / "own" / "bin" / "hydra"), "--check-config", "--log-level", "debug", "shop:app"], env=environment, capture_output=True, text=True)
    assert check.returncode == 0 and python in check.stderr, check.stderr
    version = subprocess.run([python, "-m", "hydra_server", "--version"], env=environment, capture_output=True, text=True, check=True).stdout
    assert version.startswith("hydra %s" % hydra_server.__version__)
    subprocess.run([python, "-m", "pip", "uninstall", "-q", "-y", "hydra-server"], env=environment, check=True)
    assert files(project / "own") - before == set()


def files(directory):
    return {path for path in map(str, directory.rglob("*")) if "__pycache__" not in path}
