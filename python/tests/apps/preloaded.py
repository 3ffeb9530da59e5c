"""Applications for the template process: which process imported them, and which one answers."""

import faulthandler
import json
import logging
import os
import random
import signal
import sys
import threading

IMPORTED_BY = os.getpid()
print("imported")
logging.getLogger("shop").warning("logged by %d", IMPORTED_BY)
random.random()
if os.environ.get("PRELOADED") == "threads":
    threading.Thread(target=threading.Event().wait, name="at-import", daemon=True).start()
if os.environ.get("PRELOADED") == "restarts":
    # In the workers it is there as well: not missed. The other is of a package that does nothing for it.
    import restarting  # noqa: F401

    threading.Thread(target=threading.Event().wait, name="is-missed", daemon=True).start()
if os.environ.get("PRELOADED") == "signals":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(42))
    faulthandler.register(signal.SIGUSR1)
if os.environ.get("PRELOADED") == "fails":
    raise RuntimeError("not today")


def wsgi(environ, start_response):
    logging.getLogger("shop").warning("logged by %d", os.getpid())
    start_response("200 OK", [])
    facts = {
        "importer": IMPORTED_BY,
        "pid": os.getpid(),
        "parent": os.getppid(),
        "worker": os.environ["HYDRA_WORKER_ID"],
        "random": random.random(),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "main": threading.current_thread() is threading.main_thread(),
        "stdin": os.readlink("/proc/self/fd/0") if sys.platform.startswith("linux") else os.devnull,
    }
    return [json.dumps(facts).encode()]
