"""
A file as the body of a response. Everything that is known of how it gets to the client is in send_file(): the front could do
it as well.
"""

from __future__ import annotations

from typing import Any, Optional

from ..logs import logger

# Bytes of one read, in a thread of the loop's executor: what two frames take.
_CHUNK = 128 * 1024


async def send_file(answer: Any, status: int, headers: Any, path: str, start: int, end: Optional[int]) -> None:
    """
    Answers with the file's bytes from `start` to `end`, or to where the file ends; with 404 where it cannot be opened, as
    granian does. Raises what sending raises, and OSError where the file cannot be read.
    """
    loop = answer.link.loop
    try:
        file = await loop.run_in_executor(None, _open, path, start)
    except OSError as error:
        logger.info("The file of a response cannot be opened: %s", error)
        answer.answer(404, [], b"")
        return
    try:
        answer.answer_begins(status, headers)
        left = 0 if answer.bodiless else -1 if end is None else end - start
        while left:
            data = await loop.run_in_executor(None, file.read, _CHUNK if left < 0 else min(_CHUNK, left))
            if not data:
                break
            left -= len(data) if left > 0 else 0
            await answer.send_chunk(data)
        await answer.end_body()
    finally:
        await loop.run_in_executor(None, file.close)


def _open(path: str, start: int) -> Any:
    file = open(path, "rb", buffering=0)
    try:
        if start:
            file.seek(start)
    except BaseException:
        file.close()
        raise
    return file
