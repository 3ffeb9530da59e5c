"""Makes a command line out of what ``run`` and ``Server`` are given."""

import os
import sys
from typing import Any, List, Tuple


def arguments(app: Any, options: "dict[str, Any]") -> List[str]:
    """The arguments for an application and options by their names.

    ``log_level="debug"`` is ``--log-level debug``. ``True`` and ``False`` are a switch and its ``--no-…``; ``None`` is as if it were
    not there; a list or tuple gives the option once for each value.

    Raises:
        TypeError: the application is no string and no name leads to it.
    """
    result: List[str] = []
    name, directory = _reference(app)
    if directory is not None and "app_dir" not in options:
        result += ["--app-dir", directory]
    for option, value in options.items():
        long = "--" + option.replace("_", "-")
        for one in value if isinstance(value, (list, tuple)) else (value,):
            if one is True:
                result.append(long)
            elif one is False:
                result.append("--no-" + long[2:])
            elif one is not None:
                result.append("%s=%s" % (long, os.fspath(one) if isinstance(one, os.PathLike) else one))
    if not any(argument.startswith("--python=") for argument in result):
        # Not found anew: the packages that the application needs are those of this interpreter.
        result.append("--python=" + sys.executable)
    return result + ([name] if name else [])


def _reference(app: Any) -> "Tuple[str, str | None]":
    """module:attribute of the application, and the directory that it is found in where that has to be said."""
    if app is None:
        return "", None
    if isinstance(app, str):
        return app, None

    # Workers are other processes, which import it: an object that is passed has to have a name there.
    main = sys.modules.get("__main__")
    for attribute, value in list(vars(main).items()) if main else ():
        if value is app and not attribute.startswith("_"):
            spec = getattr(main, "__spec__", None)
            if spec is not None:
                module = spec.name[: -len(".__main__")] if spec.name.endswith(".__main__") else spec.name
                return "%s:%s" % (module, attribute), None
            path = getattr(main, "__file__", None)
            if path:
                directory, file = os.path.split(os.path.abspath(path))
                return "%s:%s" % (os.path.splitext(file)[0], attribute), directory
    module = getattr(app, "__module__", None)
    attribute = getattr(app, "__qualname__", "")
    if module not in (None, "__main__") and attribute.isidentifier() and getattr(sys.modules.get(module), attribute, None) is app:
        return "%s:%s" % (module, attribute), None
    raise TypeError('the application has to be given as "module:attribute": workers are other processes, which import it')
