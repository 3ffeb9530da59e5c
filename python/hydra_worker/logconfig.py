"""A configuration of Python's logging that the user has named (--log-config): applied before the application is imported."""

from __future__ import annotations

import os
from typing import Any

from . import wire
from .errors import StartError


def apply(path: str) -> None:
    """.json and .yaml are dictionaries for dictConfig(), all else is for fileConfig(). Raises StartError."""
    if not path:
        return
    # Not needed elsewhere.
    import logging.config

    if not os.path.isfile(path):
        raise StartError(wire.FAILURE_IMPORT_RAISED, f"--log-config: there is no file {path}.")
    try:
        if path.endswith((".json", ".yaml", ".yml")):
            logging.config.dictConfig(_dictionary(path))
        else:
            logging.config.fileConfig(path, disable_existing_loggers=False)
    except StartError:
        raise
    except Exception as error:
        cause = error.__cause__ or error
        reason = f"{error} ({type(cause).__name__}: {cause})"
        raise StartError(
            wire.FAILURE_IMPORT_RAISED, f"--log-config: {path} is no configuration of logging: {reason}", error
        ) from error


def _dictionary(path: str) -> Any:
    with open(path, encoding="utf-8") as file:
        if path.endswith(".json"):
            import json

            return json.load(file)
        try:
            import yaml
        except ImportError:
            raise StartError(
                wire.FAILURE_IMPORT_RAISED,
                f"--log-config: {path} needs PyYAML, which this Python does not have: pip install pyyaml.",
            ) from None
        return yaml.safe_load(file)
