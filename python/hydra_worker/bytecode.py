"""
Keeps the shim's compiled modules where PYTHONDONTWRITEBYTECODE is set, as it is in most container images.

That setting is for the directories of the application. The shim has one of its own, and without compiled
modules each start of a worker would take half as long again as it has to.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> object:
        """The module's code: only this is read and kept here; what the module imports is not."""
        before = sys.dont_write_bytecode
        sys.dont_write_bytecode = False
        try:
            return super().get_code(fullname)
        finally:
            sys.dont_write_bytecode = before


def keep(here: str) -> None:
    """Lets the modules of the package below `here` be kept."""
    # Where there is no place for files the shim is an archive, and Python keeps nothing of one.
    if sys.dont_write_bytecode and os.path.isdir(here):
        package = os.path.join(here, "hydra_worker")
        inner = [entry.path for entry in os.scandir(package) if entry.is_dir()]
        for directory in (package, *inner):
            sys.path_importer_cache[directory] = FileFinder(directory, (_Loader, SOURCE_SUFFIXES))
