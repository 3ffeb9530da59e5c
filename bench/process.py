"""Processes: starting and stopping them with their whole tree, their CPU time and their memory."""

import os
import re
import resource
import signal
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")
PROC = "/proc"


def raise_fd_limit(wanted: int) -> int:
    """Raises the limit of open files as far as it goes, for this process and what it starts; returns it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for new_hard in (max(hard, wanted), hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, new_hard), new_hard))
            break
        except (ValueError, OSError):
            continue
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _stat(pid: int) -> list[str] | None:
    try:
        with open(f"{PROC}/{pid}/stat") as file:
            return file.read().rsplit(") ", 1)[1].split()
    except OSError:
        return None


def tree(pid: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for name in os.listdir(PROC):
        if name.isdigit() and (fields := _stat(int(name))):
            children.setdefault(int(fields[1]), []).append(int(name))
    found = [pid]
    for parent in found:
        found += children.get(parent, ())
    return found


def cpu_times(pid: int) -> dict[int, float]:
    """Seconds of CPU (user and system) that each process of the tree has used."""
    times = {}
    for each in tree(pid):
        if fields := _stat(each):
            times[each] = (int(fields[11]) + int(fields[12])) / TICK
    return times


def cpu_between(before: dict[int, float], after: dict[int, float], pid: int) -> tuple[float, float]:
    """Seconds of CPU between two readings: of the whole tree, and of its first process."""
    spent = {each: seconds - before.get(each, 0.0) for each, seconds in after.items()}
    return sum(spent.values()), spent.get(pid, 0.0)


class Interference:
    """How much of the machine went to others while something was measured. Open it before and close it after."""

    def __init__(self) -> None:
        self._system = self._read()
        self._children = self._waited_for()

    @staticmethod
    def _read() -> tuple[int, int]:
        with open(f"{PROC}/stat") as file:
            fields = [int(each) for each in file.readline().split()[1:9]]
        # user + nice + system; steal. Interrupts are part of the measured network traffic and are nobody's.
        return fields[0] + fields[1] + fields[2], fields[7]

    @staticmethod
    def _waited_for() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime + own.ru_utime + own.ru_stime

    def close(self, server_seconds: float) -> tuple[float, float]:
        """Seconds of CPU that neither this process, nor its children, nor the server used; and seconds that were stolen."""
        busy, stolen = self._read()
        others = (busy - self._system[0]) / TICK - (self._waited_for() - self._children) - server_seconds
        return max(0.0, others), (stolen - self._system[1]) / TICK


def _status_kb(pid: int, field: str) -> int:
    try:
        with open(f"{PROC}/{pid}/status") as file:
            match = re.search(rf"^{field}:\s+(\d+) kB", file.read(), re.M)
    except OSError:
        return 0
    return int(match.group(1)) if match else 0


def rss_kb(pid: int) -> int:
    """Resident memory of one process."""
    return _status_kb(pid, "VmRSS")


def peak_kb(pid: int) -> int:
    """The most resident memory that one process had since reset_peaks."""
    return _status_kb(pid, "VmHWM")


def reset_peaks(pid: int) -> None:
    """Makes peak_kb of every process of the tree start again at what it uses now."""
    for each in tree(pid):
        try:
            with open(f"{PROC}/{each}/clear_refs", "w") as file:
                file.write("5")
        except OSError:
            pass


class Running:
    """A server that was started in a process group of its own. One thread uses it."""

    def __init__(self, command: list[str], directory: str, log_path: str, environment: dict[str, str] | None = None):
        self.log_path = log_path
        self.started = time.perf_counter()
        with open(log_path, "ab") as log:
            self._process = subprocess.Popen(
                command, cwd=directory, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        self.pid = self._process.pid

    def alive(self) -> bool:
        """Whether the first process still runs."""
        return self._process.poll() is None

    def log_tail(self, lines: int = 6) -> str:
        """The end of what the server printed."""
        with open(self.log_path, errors="replace") as log:
            return "\n".join(log.read().strip().splitlines()[-lines:])

    def stop(self, patience: float = 4.0) -> None:
        """Asks the tree to end, then makes it."""
        group = tree(self.pid)
        if self.alive():
            os.kill(self.pid, signal.SIGTERM)
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        deadline = time.monotonic() + patience
        while any((fields := _stat(each)) and fields[0] != "Z" for each in group) and time.monotonic() < deadline:
            time.sleep(0.01)
