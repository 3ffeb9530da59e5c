"""The package hydra_server: how it makes a command line, runs the executable, and what its wheel leaves in an environment."""

import glob
import os
import signal
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
from hydra_server import _arguments  # noqa: E402

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
def test_server_whose_application_is_broken_says_so(project, capfd):
    with pytest.raises(RuntimeError, match="exit code 3 before it was ready"):
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


@needs_executable
def test_module_is_the_command(project):
    version = subprocess.run([sys.executable, "-m", "hydra_server", "--version"], capture_output=True, text=True, check=True)
    assert version.stdout == subprocess.run([EXECUTABLE, "--version"], capture_output=True, text=True, check=True).stdout
    wrong = subprocess.run([sys.executable, "-m", "hydra_server", "--nothing"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "Unknown option --nothing" in wrong.stderr


@needs_executable
@pytest.mark.skipif(sys.implementation.name != "cpython", reason="once is enough")
def test_wheel_installed_serves_from_its_environment(project):
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "HYDRA_BIN", "VIRTUAL_ENV")}
    subprocess.run([os.path.join(ROOT, "build", "wheel.sh")], env={**environment, "HYDRA_BIN": EXECUTABLE, "HYDRA_WHEEL_DIR": str(project)}, check=True)
    (wheel,) = glob.glob(str(project / "hydra_server-*.whl"))
    first = open(wheel, "rb").read()
    subprocess.run([os.path.join(ROOT, "build", "wheel.sh")], env={**environment, "HYDRA_BIN": EXECUTABLE, "HYDRA_WHEEL_DIR": str(project)}, check=True)
    assert open(wheel, "rb").read() == first, "two builds differ"
    assert "Root-Is-Purelib: false" in zipfile.ZipFile(wheel).read("hydra_server-%s.dist-info/WHEEL" % hydra_server.__version__).decode()

    subprocess.run([sys.executable, "-m", "venv", "own"], check=True)
    python = str(project / "own" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-index", "--disable-pip-version-check", wheel], env=environment, check=True)
    serve = "import hydra_server, urllib.request\nwith hydra_server.Server('shop:app', python=None) as s: print(urllib.request.urlopen(s.url).read().decode())"
    assert subprocess.run([python, "-c", serve], env=environment, capture_output=True, text=True, check=True).stdout == "hello %s\n" % python

    # Started by itself it takes the Python of the environment that it is in, whichever is active.
    check = subprocess.run([str(project / "own" / "bin" / "hydra"), "--check-config", "--log-level", "debug", "shop:app"], env=environment, capture_output=True, text=True)
    assert check.returncode == 0 and python in check.stderr, check.stderr
    subprocess.run([python, "-m", "pip", "uninstall", "-q", "-y", "hydra-server"], env=environment, check=True)
    assert not os.path.exists(project / "own" / "bin" / "hydra")
