"""
The entry of a Hydra worker: `python hydra_shim.py`, with the boot document as one line of JSON on standard
input.

The front starts it; see docs/protocol.md.

This file, and no other, must be one that Python 2.7 can read: it says what version is needed.
"""

if __name__ == "__main__":
    import sys

    if sys.version_info < (3, 8):
        sys.stderr.write(
            "Python 3.8 or newer is needed; this is Python %s (%s)\n"
            % (".".join(str(part) for part in sys.version_info[:3]), sys.executable)
        )
        sys.exit(3)

    import os

    _here = os.path.dirname(os.path.abspath(__file__))
    # The application must not find the shim's files by their names. Python leaves the directory out with -P, -I and PYTHONSAFEPATH.
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != _here]

    from importlib.machinery import ModuleSpec

    # Processes that `multiprocessing` spawns would run this file as their main module, which somebody may have removed by then.
    # They leave alone what says that it is a package's.
    __spec__ = ModuleSpec("hydra_worker.__main__", __loader__)

    import gc
    import types

    # The first modules are there to stay: looking among them for garbage would find none. loading.py turns it on.
    gc.disable()

    # A package whose only path is this directory: an application may have a `hydra_worker` of its own.
    _package = types.ModuleType("_hydra")
    _package.__path__ = [_here]
    sys.modules["_hydra"] = _package

    from _hydra.hydra_worker import bytecode

    bytecode.keep(_here)

    from _hydra.hydra_worker import main

    sys.exit(main.main())
