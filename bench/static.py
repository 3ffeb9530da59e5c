#!/usr/bin/env python3
"""Static files: hydra against nginx, and granian where it is installed.

Both serve the same directory at once; each round loads one after the other, so that drift of the machine hits both alike. Prints the medians of
requests/s and of processor time for each request, and the medians of the rounds' ratios to nginx.

usage: bench/static.py [--hydra dist/hydra] [--granian PATH] [--rounds 7] [--seconds 2] [--connections 64]
"""

import argparse
import os
import re
import socket
import statistics
import subprocess
import tempfile
import time

TICK = os.sysconf("SC_CLK_TCK")
SIZES = {"10 KB": ("ten.bin", 10 * 1024, None), "100 MB": ("large.bin", 100 * 1024 * 1024, 4)}
APP = b"""
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})
"""
NGINX = """
worker_processes {workers}; daemon off; pid {root}/nginx.pid; error_log stderr error;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; default_type application/octet-stream;
    open_file_cache max=1000; open_file_cache_valid 60s;
    client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3; uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
    server {{ listen 127.0.0.1:{port}; location /static/ {{ alias {root}/static/; }} }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def processes(root):
    """The process and all that it has started."""
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as f:
                children.setdefault(int(f.read().rsplit(") ", 1)[1].split()[1]), []).append(int(name))
        except OSError:
            continue
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def seconds_used(root):
    total = 0
    for pid in processes(root):
        try:
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rsplit(") ", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / TICK
        except OSError:
            continue
    return total


def load(port, file, seconds, connections):
    command = ["wrk", f"-t{min(2, connections)}", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", f"http://127.0.0.1:{port}/static/{file}"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output:
        raise SystemExit(f"{' '.join(command)}:\n{output}")
    return int(re.search(r"(\d+) requests in", output).group(1)), float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1))


def wait_for(port):
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nobody listens at {port}")


def start(root, arguments):
    ports = {}
    commands = {}
    ports["nginx"] = free_port()
    with open(f"{root}/nginx.conf", "w") as f:
        f.write(NGINX.format(workers=arguments.nginx_workers, root=root, port=ports["nginx"]))
    commands["nginx"] = ["/usr/sbin/nginx", "-c", f"{root}/nginx.conf", "-e", "stderr"]
    ports["hydra"] = free_port()
    commands["hydra"] = [arguments.hydra, "--port", str(ports["hydra"]), "--static", f"/static/={root}/static", "--app-dir", root, "app:app"]
    if arguments.granian:
        ports["granian"] = free_port()
        commands["granian"] = [
            arguments.granian, "--port", str(ports["granian"]), "--interface", "asgi", "--no-ws", "--log-level", "error",
            "--static-path-route", "/static", "--static-path-mount", f"{root}/static", "app:app"]
    running = {name: subprocess.Popen(command, cwd=root, stderr=subprocess.DEVNULL) for name, command in commands.items()}
    for port in ports.values():
        wait_for(port)
    time.sleep(2)
    return ports, running


def measure(ports, running, arguments):
    for title, (file, _, connections) in SIZES.items():
        rows = {name: [] for name in ports}
        for name, port in ports.items():
            load(port, file, 1, connections or arguments.connections)
        for _ in range(arguments.rounds):
            for name, port in ports.items():
                before = seconds_used(running[name].pid)
                count, rate = load(port, file, arguments.seconds, connections or arguments.connections)
                rows[name].append((rate, (seconds_used(running[name].pid) - before) / max(count, 1) * 1e6))
        print(f"{title}, {connections or arguments.connections} connections")
        for name, measured in rows.items():
            rate = statistics.median(row[0] for row in measured)
            cost = statistics.median(row[1] for row in measured)
            ratio = statistics.median(row[0] / max(base[0], 1e-9) for row, base in zip(measured, rows["nginx"]))
            dearer = statistics.median(row[1] / max(base[1], 1e-9) for row, base in zip(measured, rows["nginx"]))
            print(f"  {name:8} {rate:12,.0f}/s {cost:12,.1f} us each   {ratio:5.2f} x nginx's rate   {dearer:5.2f} x its time", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hydra", default=os.path.join(os.path.dirname(__file__), "..", "dist", "hydra"))
    parser.add_argument("--granian", default="")
    parser.add_argument("--nginx-workers", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--connections", type=int, default=64)
    arguments = parser.parse_args()
    arguments.hydra = os.path.abspath(arguments.hydra)
    with tempfile.TemporaryDirectory() as root:
        os.chmod(root, 0o755)
        os.mkdir(f"{root}/static")
        with open(f"{root}/app.py", "wb") as f:
            f.write(APP)
        for file, size, _ in SIZES.values():
            with open(f"{root}/static/{file}", "wb") as f:
                f.write(os.urandom(1024 * 1024) * (size // (1024 * 1024)) if size > 1024 * 1024 else os.urandom(size))
        ports, running = start(root, arguments)
        try:
            measure(ports, running, arguments)
        finally:
            for process in running.values():
                process.terminate()
            for process in running.values():
                process.wait()


if __name__ == "__main__":
    main()
