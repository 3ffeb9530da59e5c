"""wsgi.file_wrapper (PEP 3333, "Optional Platform-Specific File Handling")."""

from __future__ import annotations

from typing import Any, Iterator


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
