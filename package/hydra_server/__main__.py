"""``python -m hydra_server OPTIONS``: the same as ``hydra OPTIONS``, with this interpreter."""

from ._run import execute

execute()
