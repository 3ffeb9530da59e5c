"""wsgi.file_wrapper (PEP 3333, "Optional Platform-Specific File Handling")."""

from __future__ import annotations

import io
from typing import Any, Iterator, Optional

# Proxies of open files that read as those do. Of anything else that has a descriptor (gzip, a file that is limited to a range)
# what it reads may not be what is in the file.
_PROXIES = ("tempfile", "django.core.files.", "django.db.models.fields.files")


class FileWrapper:
    """
    An iterable over the blocks of a file-like object. The server recognises it and chooses a block size of
    its own.
    """

    def __init__(self, filelike: Any, blksize: int = 8192) -> None:
        self.filelike = filelike
        self.blksize = blksize
        close = getattr(filelike, "close", None)
        if close is not None:
            self.close = close

    def __iter__(self) -> Iterator[bytes]:
        return self.blocks(self.blksize)

    def blocks(self, size: int) -> Iterator[bytes]:
        """The rest of the file in blocks of at most `size` bytes."""
        read = self.filelike.read
        while True:
            data = read(size)
            if not data:
                return
            yield data

    def plain(self) -> Optional[Any]:
        """The file on disk that this is, with what was written to it; None where it is anything else."""
        file = self.filelike
        for _ in range(3):
            if type(file) is io.FileIO:
                return file
            if isinstance(file, (io.BufferedReader, io.BufferedRandom)):
                if type(file.raw) is not io.FileIO:
                    return None
                if isinstance(file, io.BufferedRandom):
                    file.flush()
                return file
            if not (type(file).__module__ + ".").startswith(_PROXIES):
                return None
            file = getattr(file, "file", None)
        return None
