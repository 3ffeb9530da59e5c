"""What docs/deploy.md promises of containers, Kubernetes and nginx: the files of examples/ are read, and run as far as one machine can."""

import ast
import glob
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLES = os.path.join(ROOT, "examples")
EXECUTABLE = os.environ.get("HYDRA_BIN") or os.path.join(ROOT, "dist", "hydra")

yaml = pytest.importorskip("yaml")
pytestmark = pytest.mark.skipif(sys.implementation.name != "cpython", reason="once is enough")
needs_executable = pytest.mark.skipif(not os.path.isfile(EXECUTABLE), reason="build/publish.sh has not been run")

# As a container has it: a tree that cannot be written to but /tmp, and process 1 without any privilege. The user of the image has no name.
CONTAINER = """
for each in /var/tmp /dev/shm; do mount -t tmpfs -o ro none $each || exit 9; done
mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && mount -o remount,bind,ro / || exit 9
mount -t proc none /proc || exit 9
shift; exec unshare --user --map-user=10001 --map-group=10001 "$@"
"""
UNSHARE = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child"]


def has_namespaces():
    try:
        script = "mount -t tmpfs none /tmp && mount -t proc none /proc && exec unshare --user --map-user=10001 true"
        return subprocess.run(UNSHARE + ["sh", "-c", script], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


needs_namespaces = pytest.mark.skipif(not has_namespaces(), reason="this system allows no namespaces")


def read(*path):
    with open(os.path.join(EXAMPLES, *path), encoding="utf-8") as file:
        return file.read()


def documents(*path):
    return list(yaml.safe_load_all(read(*path)))


def only(kind):
    (one,) = [document for document in documents("kubernetes", "hydra.yaml") if document["kind"] == kind]
    return one


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s|m)", text).groups()
    return int(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]


class Image:
    """What the instructions of the Dockerfile's last stage say."""

    def __init__(self):
        text = re.sub(r"\\\n\s*", "", read("container", "Dockerfile"))
        self.instructions = [line.split(None, 1) for line in text.splitlines() if line and not line.startswith("#")]
        self.stages = [position for position, (name, _) in enumerate(self.instructions) if name == "FROM"]
        self.last = self.instructions[self.stages[-1]:]

    def value(self, name):
        (value,) = [value for each, value in self.last if each == name]
        return value

    @property
    def environment(self):
        return dict(word.split("=", 1) for word in shlex.split(self.value("ENV")))

    @property
    def command(self):
        return ast.literal_eval(self.value("ENTRYPOINT")) + ast.literal_eval(self.value("CMD"))


class Container:
    """The image's command as process 1 of namespaces of its own, with a root that is read-only."""

    def __init__(self, directory, app=None, variables=()):
        image = Image()
        environment = {name: value for name, value in image.environment.items() if name != "PATH"}
        # The ports of the image may be anybody's on this machine.
        environment.update(HYDRA_BIND="127.0.0.1:0", HYDRA_METRICS="127.0.0.1:0", PATH=os.environ["PATH"], HYDRA_APP_DIR=os.path.join(EXAMPLES, "hello"))
        environment.update(variables)
        command = [EXECUTABLE] + (image.command[1:] if app is None else [app])
        self.process = subprocess.Popen(
            UNSHARE + ["sh", "-c", CONTAINER, "sh", str(directory)] + command, env=environment, stderr=subprocess.PIPE, universal_newlines=True, cwd="/")
        self.log = []
        self.address = self.after(r"is ready at (\S+)")
        self.server = self.first_child()

    def after(self, pattern):
        # A log that never says it is not waited for without an end.
        watch = threading.Timer(60, self.process.kill)
        watch.start()
        try:
            for line in self.process.stderr:
                self.log.append(line)
                found = re.search(pattern, line)
                if found:
                    return found.group(1)
            raise AssertionError("".join(self.log))
        finally:
            watch.cancel()

    def first_child(self):
        with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)) as file:
            return int(file.read().split()[0])

    def get(self, path="/"):
        with urllib.request.urlopen(self.address + path, timeout=30) as answer:
            return answer.read().decode()

    def status(self, name):
        with open("/proc/%d/status" % self.server) as file:
            return re.search(r"^%s:\s*(.*)$" % name, file.read(), re.MULTILINE).group(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()


@needs_executable
@needs_namespaces
def test_image_as_process_1_of_a_read_only_container_serves_and_stops(tmp_path):
    with Container(tmp_path) as container:
        assert "Hydra" in container.get("/")
        assert container.status("NSpid").split()[-1] == "1"
        assert container.status("CapEff") == "0" * 16
        os.kill(container.server, signal.SIGTERM)
        container.process.stderr.read()
        # unshare ends as its child does.
        assert container.process.wait() == 0


LEAVING = '''
import subprocess

def app(environ, start_response):
    # The shell does not wait for its child, which process 1 inherits.
    left = subprocess.run(["sh", "-c", "sleep 0.01 >/dev/null & echo $!"], stdout=subprocess.PIPE).stdout
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [left]
'''


@needs_executable
@needs_namespaces
def test_process_1_reaps_what_the_application_leaves(tmp_path):
    (tmp_path / "leaving.py").write_text(LEAVING)
    with Container(tmp_path, "leaving:app", {"HYDRA_APP_DIR": str(tmp_path), "HYDRA_WORKERS": "1"}) as container:
        left = container.get().strip()
        # Seen from there, as no number of this machine's is known. Until it has ended and is nobody's zombie.
        there = "/proc/%d/root/proc/%s" % (container.server, left)
        deadline = Deadline("%s is still there" % left)
        while os.path.exists(there):
            deadline.look()


class Deadline:
    """For loops that wait for a condition."""

    def __init__(self, text):
        self.text = text
        self.looks = 0

    def look(self):
        self.looks += 1
        assert self.looks < 3000, self.text
        time.sleep(0.02)


def test_image_is_built_in_stages_and_runs_as_a_number_without_a_name():
    image = Image()
    assert len(image.stages) == 2
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", image.value("USER"))
    copied = [value for name, value in image.instructions if name == "COPY"]
    assert [value for value in copied if "hydra_server-*.whl" in value], copied
    # What is copied from the context is there, but for the wheel, which has to be built.
    sources = [value.split()[0] for value in copied if not value.startswith("--from") and not value.startswith("dist/")]
    assert all(os.path.exists(os.path.join(ROOT, source)) for source in sources), sources
    exposed = image.value("EXPOSE").split()
    assert [image.environment[name].rsplit(":", 1)[1] for name in ("HYDRA_BIND", "HYDRA_METRICS")] == exposed
    assert ":%s/-/ready" % exposed[1] in image.value("HEALTHCHECK")


@needs_executable
def test_image_and_manifests_have_options_that_are_some():
    """Each variable HYDRA_… is that of an option, with a value that it takes."""
    container = only("Deployment")["spec"]["template"]["spec"]["containers"][0]
    services = documents("container", "compose.yaml")[0]["services"]
    for variables in (Image().environment, {each["name"]: each["value"] for each in container["env"]}, services["app"]["environment"]):
        variables = {name: str(value) for name, value in variables.items() if name.startswith("HYDRA_")}
        check = subprocess.run(
            [EXECUTABLE, "check", "--app-dir", os.path.join(EXAMPLES, "hello"), "hello:app"], env={**variables, "PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
        assert check.returncode == 0, check.stderr
        with open(os.path.join(ROOT, "docs", "options.md"), encoding="utf-8") as file:
            documented = file.read()
        assert [name for name in variables if "`%s`" % name not in documented] == []


def test_manifests_name_each_other():
    pod = only("Deployment")["spec"]["template"]
    labels = pod["metadata"]["labels"]
    ports = {port["name"] for port in pod["spec"]["containers"][0]["ports"]}
    assert only("Deployment")["spec"]["selector"]["matchLabels"] == labels
    assert only("Service")["spec"]["selector"] == labels
    assert only("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert {port["targetPort"] for port in only("Service")["spec"]["ports"]} <= ports
    target = only("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert (target["apiVersion"], target["kind"], target["name"]) == ("apps/v1", "Deployment", only("Deployment")["metadata"]["name"])


def test_manifests_probe_the_admin_address():
    container = only("Deployment")["spec"]["template"]["spec"]["containers"][0]
    ports = {port["name"]: str(port["containerPort"]) for port in container["ports"]}
    variables = {each["name"]: each["value"] for each in container["env"]}
    assert variables["HYDRA_METRICS"].endswith(":" + ports["admin"]) and variables["HYDRA_BIND"].endswith(":" + ports["http"])
    paths = {name: container[name + "Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")}
    assert paths == {
        "startup": {"path": "/-/ready", "port": "admin"}, "readiness": {"path": "/-/ready", "port": "admin"}, "liveness": {"path": "/-/live", "port": "admin"}}


def test_manifests_leave_time_for_the_end():
    pod = only("Deployment")["spec"]["template"]["spec"]
    variables = {each["name"]: each["value"] for each in pod["containers"][0]["env"]}
    needed = seconds(variables["HYDRA_SHUTDOWN_DELAY"]) + seconds(variables["HYDRA_GRACEFUL_TIMEOUT"])
    assert pod["terminationGracePeriodSeconds"] > needed
    compose = documents("container", "compose.yaml")[0]["services"]["app"]
    # The default of --graceful-timeout.
    assert seconds(compose["stop_grace_period"]) > seconds(compose["environment"]["HYDRA_SHUTDOWN_DELAY"]) + 30


def test_manifests_give_no_privileges():
    pod = only("Deployment")["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert "%d:%d" % (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]) == Image().value("USER")
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert pod["automountServiceAccountToken"] is False
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    assert mounts == {volume["name"] for volume in pod["volumes"]}
    app = documents("container", "compose.yaml")[0]["services"]["app"]
    assert app["read_only"] is True and app["cap_drop"] == ["ALL"]


@needs_executable
def test_autoscaler_goes_by_a_metric_that_is_there():
    (metric,) = [each["pods"] for each in only("HorizontalPodAutoscaler")["spec"]["metrics"] if each["type"] == "Pods"]
    (rule,) = documents("kubernetes", "prometheus-adapter.yaml")[0]["rules"]["custom"]
    name = metric["metric"]["name"]
    assert rule["seriesQuery"].startswith(name + "{") and metric["target"] == {"type": "AverageValue", "averageValue": "50m"}
    with served(metrics="127.0.0.1:0") as server:
        metrics = server.after(r"metrics are served at (\S+)")
        with urllib.request.urlopen(metrics.rstrip("/") + "/metrics", timeout=30) as answer:
            assert re.search(r"^# TYPE %s gauge$" % name, answer.read().decode(), re.MULTILINE)


class served:
    """examples/hello at a free port, with these options."""

    def __init__(self, **options):
        words = ["--%s=%s" % (name.replace("_", "-"), value) for name, value in options.items()]
        self.process = subprocess.Popen(
            [EXECUTABLE, "--bind", "127.0.0.1:0", "--app-dir", os.path.join(EXAMPLES, "hello"), "hello:app"] + words, stderr=subprocess.PIPE, universal_newlines=True)
        self.log = []

    after = Container.after

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.stderr.read()
        self.process.stderr.close()
        assert self.process.wait() == 0


@needs_executable
@pytest.mark.skipif(not shutil.which("nginx", path="/usr/sbin:/usr/bin"), reason="there is no nginx")
def test_nginx_of_the_example_hands_requests_on(tmp_path):
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with served() as server:
        address = server.after(r"is ready at http://(\S+)").rstrip("/")
        text = read("container", "nginx.conf").replace("server app:8000;", "server %s;" % address).replace("listen 80;", "listen 127.0.0.1:%d;" % port)
        (tmp_path / "site.conf").write_text(text)
        paths = "".join("%s_temp_path %s;" % (name, tmp_path) for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (tmp_path / "nginx.conf").write_text(
            "daemon off; pid %s/pid; error_log stderr; events {} http { access_log off; %s include %s/site.conf; }" % (tmp_path, paths, tmp_path))
        proxy = subprocess.Popen([nginx, "-e", "stderr", "-c", str(tmp_path / "nginx.conf")])
        try:
            deadline = Deadline("nginx does not listen")
            while not answers(port):
                assert proxy.poll() is None
                deadline.look()
            with urllib.request.urlopen("http://127.0.0.1:%d/" % port, timeout=30) as answer:
                assert "Hydra" in answer.read().decode()
        finally:
            proxy.terminate()
            proxy.wait()


def answers(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_documents_link_to_files_that_are_there():
    for document in glob.glob(os.path.join(ROOT, "docs", "deploy.md")):
        with open(document, encoding="utf-8") as file:
            links = re.findall(r"\]\(([^)#:]+)[^):]*\)", file.read())
        assert links and [link for link in links if not os.path.exists(os.path.join(ROOT, "docs", link))] == []


def test_workflow_runs_scripts_that_are_there():
    with open(os.path.join(ROOT, ".github", "workflows", "build.yml"), encoding="utf-8") as file:
        jobs = yaml.safe_load(file)["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    named = {word for command in commands for word in re.findall(r"build/[\w.]+", command)}
    assert {"build/test.sh", "build/publish.sh", "build/publish.ps1", "build/wheel.sh", "build/deb.sh", "build/first_request.py"} == named
    assert [name for name in named if not os.path.isfile(os.path.join(ROOT, name))] == []


@needs_executable
def test_first_request_of_a_wheel_is_answered():
    environment = {**os.environ, "HYDRA_BIN": EXECUTABLE, "PYTHONPATH": os.path.join(ROOT, "package")}
    asked = subprocess.run(
        [sys.executable, os.path.join(ROOT, "build", "first_request.py")], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    assert (asked.returncode, asked.stdout) == (0, "answered\n"), asked.stderr
