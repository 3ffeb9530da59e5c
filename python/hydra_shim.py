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
    if _here not in sys.path:
        # Python leaves the script's directory out with -P, -I and PYTHONSAFEPATH.
        sys.path.insert(0, _here)

    from importlib.machinery import ModuleSpec

    # Processes that `multiprocessing` spawns would run this file as their main module, which somebody may have removed by then.
    # They leave alone what says that it is a package's.
    __spec__ = ModuleSpec("hydra_worker.__main__", __loader__)

    import gc

    # The first modules are there to stay: looking among them for garbage would find none. loading.py turns it on.
    gc.disable()

    from hydra_worker import bytecode

    bytecode.keep(_here)

    from hydra_worker import main

    # The application must not find the shim's files by their names. Submodules that are imported later are
    # found through the package's own __path__.
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != _here]
    sys.exit(main.main())
