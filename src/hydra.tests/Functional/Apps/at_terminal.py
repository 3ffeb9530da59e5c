"""
Runs a server on a terminal of its own: at_terminal.py DIALOGUE COMMAND... The dialogue is JSON, a list of [WHAT, SAY]: as soon as WHAT has
been shown, behind what was found before, SAY is typed, or asked for where it begins with a slash. What was
shown, with the answers, goes to standard output, and a line at the end where the terminal does not show what is typed; the exit code is the command's.
"""

import json
import os
import pty
import re
import signal
import sys
import termios
import threading
import urllib.request

dialogue = [tuple(step) for step in json.loads(sys.argv[1])]
child, terminal = pty.fork()
if child == 0:
    # Ignored where a shell has started the tests in the background.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Ctrl-C would throw away what the server has shown and nobody has read yet.
    modes = termios.tcgetattr(0)
    modes[3] |= termios.NOFLSH
    termios.tcsetattr(0, termios.TCSANOW, modes)
    os.execvp(sys.argv[2], sys.argv[2:])

shown = ""
found = 0


def ask(path):
    address = re.search(r"http://127\.0\.0\.1:\d+", shown).group()
    try:
        with urllib.request.urlopen(address + path) as response:
            answer = response.read().decode()
    except OSError as error:
        answer = str(error)
    os.write(answers, f"answer: {answer}\n".encode())


def read_answers():
    for line in os.fdopen(lines):
        take(line)


lock = threading.RLock()


def take(text):
    global shown, found
    with lock:
        shown += text
        sys.stdout.write(text)
        sys.stdout.flush()
        while dialogue and dialogue[0][0] in shown[found:]:
            what, say = dialogue.pop(0)
            found = shown.index(what, found) + len(what)
            if say.startswith("/"):
                threading.Thread(target=ask, args=(say,), daemon=True).start()
            else:
                os.write(terminal, say.encode())


lines, answers = os.pipe()
threading.Thread(target=read_answers, daemon=True).start()
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    if not data:
        break
    take(data.decode("utf-8", "replace"))
if not termios.tcgetattr(terminal)[3] & termios.ECHO:
    print("the terminal does not show what is typed")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
