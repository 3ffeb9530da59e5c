"""Asks the server of the wheel that is installed for examples/hello, as one does on a platform where build/test.sh does not run."""

import os
import sys
import urllib.request

import hydra_server

examples = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "examples", "hello")

if __name__ == "__main__":
    with hydra_server.Server("hello:app", app_dir=examples, workers=2) as server:
        with urllib.request.urlopen(server.url + "/", timeout=60) as answer:
            found = answer.status == 200 and b"Hydra" in answer.read()
    print("answered" if found else "another answer than that of examples/hello")
    sys.exit(0 if found else 1)
