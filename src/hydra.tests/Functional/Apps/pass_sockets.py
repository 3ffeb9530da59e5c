"""Starts a command with sockets that listen already, as systemd does, and serves on them itself when the command has ended.

    pass_sockets.py MODE PATH COMMAND...

MODE is "systemd" (LISTEN_FDS) or "fd" (nothing but the descriptors). The sockets are a TCP port, whose number is printed, and a Unix
socket at PATH; they are the descriptors 3 and 4.
"""

import os
import signal
import socket
import sys

mode, path, command = sys.argv[1], sys.argv[2], sys.argv[3:]
tcp = socket.create_server(("127.0.0.1", 0))
unix = socket.socket(socket.AF_UNIX)
unix.bind(path)
unix.listen()
print("PORT", tcp.getsockname()[1], file=sys.stderr, flush=True)
child = os.fork()
if child == 0:
    sources = [os.dup(tcp.fileno()), os.dup(unix.fileno())]
    high = [os.dup2(fd, 20 + i, inheritable=False) for i, fd in enumerate(sources)]
    for number, fd in enumerate(high, 3):
        os.dup2(fd, number, inheritable=True)
    if mode == "systemd":
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2", LISTEN_FDNAMES="web:web-unix")
    os.execv(command[0], command)
signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
_, status = os.waitpid(child, 0)
for listener in (tcp, unix):
    # What waits in the queue is still there, and so is the socket.
    client = socket.socket(listener.family)
    client.settimeout(10)
    client.connect(listener.getsockname())
    listener.settimeout(10)
    listener.accept()
print("the sockets still listen", file=sys.stderr, flush=True)
sys.exit(os.waitstatus_to_exitcode(status))
