"""build/deb.sh: what is in the package, that its units are good ones, and that the commands in them do what they are for."""

import glob
import gzip
import http.client
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXECUTABLE = os.environ.get("HYDRA_BIN") or os.path.join(ROOT, "dist", "hydra")

pytestmark = [
    pytest.mark.skipif(sys.implementation.name != "cpython", reason="once is enough"),
    pytest.mark.skipif(not os.path.isfile(EXECUTABLE), reason="build/publish.sh has not been run"),
    pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="there is no dpkg-deb"),
]

APP = '''
import os

async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % os.getpid()})
'''


def build(directory, **variables):
    environment = {"PATH": os.environ["PATH"], "HYDRA_BIN": EXECUTABLE, "HYDRA_DEB_DIR": str(directory), "SOURCE_DATE_EPOCH": "1577836800", **variables}
    subprocess.run([os.path.join(ROOT, "build", "deb.sh")], env=environment, stdout=subprocess.DEVNULL, check=True)
    (package,) = glob.glob(os.path.join(str(directory), "hydra-server_*.deb"))
    return package


# What is packed takes half a minute, and is not looked at here.
@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return build(tmp_path_factory.mktemp("deb"), HYDRA_DEB_COMPRESSION="none")


@pytest.fixture(scope="module")
def tree(package, tmp_path_factory):
    directory = str(tmp_path_factory.mktemp("tree"))
    subprocess.run(["dpkg-deb", "--raw-extract", package, directory], check=True)
    return directory


def read(tree, *path):
    with open(os.path.join(tree, *path), encoding="utf-8") as file:
        return file.read()


def test_package_two_builds_are_the_same_bytes(package, tmp_path):
    with open(package, "rb") as first, open(build(tmp_path, HYDRA_DEB_COMPRESSION="none"), "rb") as second:
        assert first.read() == second.read()


def test_package_has_the_executable_its_manual_and_completions(tree):
    with open(os.path.join(tree, "usr", "bin", "hydra"), "rb") as packed, open(EXECUTABLE, "rb") as built:
        assert packed.read() == built.read()
    with gzip.open(os.path.join(tree, "usr", "share", "man", "man1", "hydra.1.gz"), "rt", encoding="utf-8") as manual:
        assert manual.read() == read(ROOT, "docs", "hydra.1")
    for shell, path in (
            ("bash", "bash-completion/completions/hydra"), ("zsh", "zsh/vendor-completions/_hydra"), ("fish", "fish/vendor_completions.d/hydra.fish")):
        script = subprocess.run([EXECUTABLE, "completion", shell], stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout
        assert read(tree, "usr", "share", path) == script


def test_package_asks_for_the_glibc_that_the_executable_needs(tree):
    (minor,) = re.findall(r"^Depends: libc6 \(>= 2\.(\d+)\)$", read(tree, "DEBIAN", "control"), re.MULTILINE)
    assert int(minor) <= 28


def test_scripts_of_the_package_are_shell(tree):
    for name in ("postinst", "prerm", "postrm"):
        subprocess.run(["sh", "-n", os.path.join(tree, "DEBIAN", name)], check=True)
        assert os.access(os.path.join(tree, "DEBIAN", name), os.X_OK)


@pytest.mark.skipif(not shutil.which("lintian"), reason="there is no lintian")
def test_package_has_no_error_that_lintian_knows(package):
    # Libraries are linked in, which is what this package is for; nobody has an address for it; and it is not packed here.
    known = "embedded-library,bogus-mail-host,bogus-mail-host-in-debian-changelog,uses-no-compression-for-control-tarball,uses-no-compression-for-data-tarball"
    found = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error", "--suppress-tags", known, package], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    assert found.returncode == 0, found.stdout


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_units_are_ones_that_systemd_takes(tree, tmp_path):
    for unit in ("hydra@.service", "hydra@.socket"):
        # Of an instance, with the executable where it is now.
        text = read(tree, "usr", "lib", "systemd", "system", unit).replace("/usr/bin/hydra", os.path.join(tree, "usr", "bin", "hydra")).replace("Documentation=man:hydra(1)\n", "")
        (tmp_path / unit.replace("@", "@shop")).write_text(text)
    found = subprocess.run(
        ["systemd-analyze", "verify"] + [str(path) for path in tmp_path.iterdir()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    ours = [line for line in found.stdout.splitlines() if "hydra" in line]
    assert found.returncode == 0 and ours == [], found.stdout


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_service_is_exposed_to_little(tree, tmp_path):
    (tmp_path / "hydra@shop.service").write_text(read(tree, "usr", "lib", "systemd", "system", "hydra@.service"))
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(tmp_path / "hydra@shop.service")]
    found = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    if "offline" in found.stdout and "unrecognized" in found.stdout:
        pytest.skip("this systemd-analyze is too old")
    level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", found.stdout)
    assert level and float(level.group(1)) <= 2.0, found.stdout


class Unit:
    """The unit's own commands for the site "shop", run as systemd would: with a socket that is open already, and one to be told at."""

    def __init__(self, tree, directory):
        self.directory = directory
        self.service = read(tree, "usr", "lib", "systemd", "system", "hydra@.service")
        places = {"/usr/bin/hydra": os.path.join(tree, "usr", "bin", "hydra"), "/etc/hydra": str(directory), "/run/hydra": str(directory)}
        self.places = places
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen()
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(directory / "notify"))
        self.notify.settimeout(60)

    def command(self, name):
        (line,) = re.findall(r"^%s=(.*)$" % name, self.service, re.MULTILINE)
        line = line.replace("%i", "shop")
        for place, there in self.places.items():
            line = line.replace(place, there)
        return shlex.split(line)

    def start(self):
        # The socket is descriptor 3, and LISTEN_PID is who is executed.
        script = 'exec 3<&%d; LISTEN_PID=$$ LISTEN_FDS=1; export LISTEN_PID LISTEN_FDS; exec "$@"' % self.listener.fileno()
        self.process = subprocess.Popen(
            ["bash", "-c", script, "bash"] + self.command("ExecStart"), env={"PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(self.directory / "notify")},
            pass_fds=[self.listener.fileno()], stderr=subprocess.PIPE, universal_newlines=True)
        self.log = []
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr))
        self.reader.start()

    def told(self, word):
        """Waits until systemd would have heard this."""
        while True:
            try:
                if word in self.notify.recv(4096).decode().splitlines():
                    return
            except socket.timeout:
                raise AssertionError("".join(self.log))

    def get(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.listener.getsockname()[1], timeout=30)
        connection.request("GET", "/")
        try:
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stderr.close()
        self.listener.close()
        self.notify.close()


@pytest.fixture
def unit(tree, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "shop_app.py").write_text(APP)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop.toml").write_text('app = "shop_app:app"\nchdir = "%s"\nbind = "127.0.0.1:1"\n' % (tmp_path / "site"))
    unit = Unit(tree, tmp_path)
    unit.start()
    yield unit
    unit.close()


def test_units_commands_serve_the_socket_reload_and_stop(unit):
    unit.told("READY=1")
    first = unit.get()
    # Reload waits for the new workers.
    reloaded = subprocess.run(unit.command("ExecReload"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    assert reloaded.returncode == 0, reloaded.stdout
    assert unit.get() != first
    unit.process.terminate()
    unit.told("STOPPING=1")
    assert unit.process.wait() == 0


def test_units_reload_of_code_that_does_not_start_fails_and_leaves_it_serving(unit):
    unit.told("READY=1")
    first = unit.get()
    (unit.directory / "site" / "shop_app.py").write_text("app = None.nothing\n")
    reloaded = subprocess.run(unit.command("ExecReload"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    assert reloaded.returncode != 0 and reloaded.stdout
    assert unit.get() == first
    unit.process.terminate()
    assert unit.process.wait() == 0


def test_service_leaves_time_for_the_end(tree):
    service = read(tree, "usr", "lib", "systemd", "system", "hydra@.service")
    (stop,) = re.findall(r"^TimeoutStopSec=(\d+)$", service, re.MULTILINE)
    (grace,) = re.findall(r"`--graceful-timeout TIME`[^|]*\| `(\d+)s` \|", read(ROOT, "docs", "options.md"))
    assert int(stop) > int(grace)
