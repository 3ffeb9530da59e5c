"""The machine and the versions of everything that was measured."""

import os
import platform
import re
import subprocess
import time

from servers import HYDRA, PYTHON, ROOT, SECOND_PYTHON

MODULES = ("uvicorn", "uvloop", "httptools", "websockets", "granian", "gunicorn", "hypercorn", "h11", "fastapi", "django")


def _output(command: list[str], pattern: str = r"\S.*") -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, cwd=ROOT)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    match = re.search(pattern, done.stdout + done.stderr)
    return match.group(0).strip() if match else "unknown"


def _first(path: str, pattern: str) -> str:
    try:
        with open(path) as file:
            match = re.search(pattern, file.read(), re.M)
    except OSError:
        return "unknown"
    return match.group(1).strip() if match else "unknown"


def _stale() -> bool:
    sources = [*(ROOT / "src" / "hydra").rglob("*.cs"), *(ROOT / "python").glob("*.py"), *(ROOT / "python" / "hydra_worker").rglob("*.py")]
    built = HYDRA.stat().st_mtime
    return any(path.stat().st_mtime > built for path in sources if "obj" not in path.parts)


def describe() -> dict:
    """What the report says about where its figures come from."""
    memory = _first("/proc/meminfo", r"MemTotal:\s+(\d+)")
    versions = {
        "Hydra": f"{_output([str(HYDRA), '--version']).removeprefix('hydra ')} ({_output(['git', 'describe', '--always', '--dirty'])})",
        "Python": _output([PYTHON, "--version"]).removeprefix("Python "),
        **({"second Python": _output([SECOND_PYTHON, "--version"]).removeprefix("Python ")} if SECOND_PYTHON else {}),
        "nginx": _output(["nginx", "-v"], r"(?<=nginx/)\S+"),
        "uWSGI": _output(["uwsgi", "--version"]),
        "wrk": _output(["wrk", "-v"], r"(?<=wrk )\S+"),
    }
    for module in MODULES:
        script = f"from importlib.metadata import version; print(version('{module}'))"
        versions[module] = _output([PYTHON, "-c", script], r"^[\w.+]+$")
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": _first("/proc/cpuinfo", r"^model name\s*:\s*(.*)$"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(int(memory) / 1024 / 1024) if memory.isdigit() else memory,
        "system": _first("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)'),
        "kernel": f"{platform.system()} {platform.release()}",
        "executable_mb": round(os.stat(HYDRA).st_size / 1e6, 1),
        "stale": _stale(),
        "versions": versions,
    }
