"""Finds the application: `module:attribute.attribute`, or what a factory of that name returns."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple

from . import wire
from .boot import Boot
from .detect import is_coroutine_callable, parameters
from .errors import StartError
from .tracebacks import summarize, trim

if TYPE_CHECKING:
    from .hooks import WorkerHooks

# What is looked for when the name has no attribute.
DEFAULT_ATTRIBUTES = ("application", "app")


def load(boot: Boot) -> Any:
    """Imports the application, and what else the worker is to find; raises StartError."""
    # Off since the start, see hydra_shim.py; an application finds it as Python has it.
    gc.enable()
    application = _load_application(boot)
    if boot.exit_hook:
        from . import exits

        exits.find(boot)
    if boot.reload_hooks:
        from . import hooks

        hooks.find_reload(boot)
    return application


def find_hooks(boot: Boot) -> Optional["WorkerHooks"]:
    """What a worker is to call at its start, or None where there is nothing; raises StartError."""
    if not boot.start_hooks and not boot.ready_hooks:
        return None
    from .hooks import WorkerHooks

    # Off since the start, see hydra_shim.py; a function of the user's finds it as Python has it.
    gc.enable()
    return WorkerHooks(boot)


def prepare_agents(boot: Boot) -> List[Any]:
    """Sets up what --instrument names, before the application is imported; returns what put_around() wants. Raises StartError."""
    if not boot.instrument:
        return []
    from . import instrument

    gc.enable()
    return instrument.prepare(boot)


def put_around(agents: List[Any], adapter: Any, application: Any) -> Any:
    """The application with the agents around it. Raises StartError."""
    if not agents:
        return application
    from . import instrument

    return instrument.wrap(agents, adapter.name, application)


def _load_application(boot: Boot) -> Any:
    module_name, _, path = boot.app.partition(":")
    if not module_name or boot.app.endswith(":"):
        raise StartError(
            wire.FAILURE_MODULE_NOT_FOUND,
            f'The application "{boot.app}" must be given as "module:attribute".',
        )
    module = import_module(module_name)
    path, call, arguments = path.partition("(")
    path, target = find_attribute(module, module_name, path.rstrip())
    if not boot.factory:
        return target
    positional, named = parse_arguments(boot.app, call + arguments)
    return call_factory(target, f"{module_name}:{path}", positional, named)


def parse_arguments(app: str, text: str) -> Tuple[List[Any], Dict[str, Any]]:
    """The arguments of a factory, `("prod", debug=False)`: literals, as gunicorn has it. Raises StartError."""
    if not text:
        return [], {}
    import ast

    try:
        call = ast.parse("f" + text, mode="eval").body
        if isinstance(call, ast.Call) and all(keyword.arg for keyword in call.keywords):
            positional = [ast.literal_eval(argument) for argument in call.args]
            return positional, {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
    except (SyntaxError, ValueError):
        pass
    raise StartError(
        wire.FAILURE_ATTRIBUTE_MISSING,
        f"The arguments in {app!r} must be literals, such as numbers and quoted text.",
    )


def import_module(name: str) -> Any:
    """Imports the module; tells a missing module from one that fails while it is imported."""
    if name.startswith(".") or "/" in name or "\\" in name:
        raise StartError(wire.FAILURE_MODULE_NOT_FOUND, _missing_sentence(name))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if _is_missing(name, error):
            raise StartError(wire.FAILURE_MODULE_NOT_FOUND, _missing_sentence(name)) from None
        raise _import_raised(name, error) from None
    except KeyboardInterrupt as error:
        raise _import_raised(name, error) from None
    except BaseException as error:
        raise _import_raised(name, error) from None


def _is_missing(name: str, error: ModuleNotFoundError) -> bool:
    """
    Whether the named module itself, or a package that it lies in, is not there; an import inside of it is
    another matter.
    """
    if error.name is None or trim(error.__traceback__) is not None:
        return False
    return name == error.name or name.startswith(error.name + ".")


def _missing_sentence(name: str) -> str:
    sentence = f'Could not find the module "{name}" in {sys.path[0]} or elsewhere on the Python path.'
    if name.endswith(".py") or "/" in name or "\\" in name:
        stem = name[:-3] if name.endswith(".py") else name
        dotted = stem.replace("\\", "/").strip("./").replace("/", ".")
        return f'{sentence} Give a module, not a file: did you mean "{dotted}"?'
    guesses = _similar(name, _modules_here())
    return f'{sentence} Did you mean "{guesses[0]}"?' if guesses else sentence


def _modules_here() -> List[str]:
    import pkgutil

    try:
        return [module.name for module in pkgutil.iter_modules([sys.path[0]])]
    except OSError:
        return []


def _similar(name: str, candidates: List[str]) -> List[str]:
    import difflib

    return difflib.get_close_matches(name, candidates, n=3, cutoff=0.6)


def _import_raised(name: str, error: BaseException) -> StartError:
    sentence = f'Importing "{name}" failed with {summarize(error)}.'
    if isinstance(error, ModuleNotFoundError):
        # Mostly it is installed, for another Python.
        sentence += f" The Python is {sys.executable}."
    return StartError(wire.FAILURE_IMPORT_RAISED, sentence, error)


def find_attribute(module: Any, module_name: str, path: str) -> Tuple[str, Any]:
    """
    Follows the dotted path; without one tries the usual names. Returns the path that was found and its value.
    """
    if not path:
        for name in DEFAULT_ATTRIBUTES:
            if hasattr(module, name):
                return name, getattr(module, name)
        tried = " nor ".join(f'"{name}"' for name in DEFAULT_ATTRIBUTES)
        sentence = f'The module "{module_name}" has neither {tried}; say "{module_name}:attribute".'
        sentence += _whose(module, module_name)
        raise StartError(wire.FAILURE_ATTRIBUTE_MISSING, sentence + _suggest(module, module_name, "", "app"))
    target = module
    done = ""
    for name in path.split("."):
        try:
            target = getattr(target, name)
        except AttributeError:
            owner = f'The module "{module_name}"' if not done else f'"{module_name}:{done}"'
            sentence = f'{owner} has no attribute "{name}".' + ("" if done else _whose(module, module_name))
            prefix = done + "." if done else ""
            raise StartError(
                wire.FAILURE_ATTRIBUTE_MISSING, sentence + _suggest(target, module_name, prefix, name)
            ) from None
        done = f"{done}.{name}" if done else name
    return path, target


def _whose(module: Any, name: str) -> str:
    """A sentence where the module is not the user's, whatever it was meant to be."""
    file = getattr(module, "__file__", None)
    standard = os.path.dirname(os.__file__) + os.sep
    if name in sys.builtin_module_names or (
        file and file.startswith(standard) and "-packages" + os.sep not in file
    ):
        return f' "{name}" is a module of Python\'s standard library; yours must have another name.'
    return ""


def _suggest(owner: Any, module_name: str, prefix: str, name: str) -> str:
    candidates = [
        candidate
        for candidate in dir(owner)
        if not candidate.startswith("_") and callable(getattr(owner, candidate, None))
    ]
    guesses = [guess for guess in _similar(name, candidates)]
    return f' Did you mean "{module_name}:{prefix}{guesses[0]}"?' if guesses else ""


class AsyncFactory:
    """A coroutine function that returns the application: it is called where the event loop runs."""

    def __init__(self, factory: Any, name: str, arguments: Sequence[Any] = (), named: Optional[Dict[str, Any]] = None) -> None:
        self.name = name
        self._factory = factory
        self._arguments = arguments
        self._named = named or {}

    async def build(self) -> Any:
        """Returns the application; raises StartError."""
        try:
            return await self._factory(*self._arguments, **self._named)
        except Exception as error:
            raise StartError(
                wire.FAILURE_FACTORY_RAISED, f'The factory "{self.name}" raised {summarize(error)}.', error
            ) from None

    def refusal(self) -> StartError:
        """For interfaces whose applications are there before the loop runs."""
        return StartError(
            wire.FAILURE_NOT_CALLABLE, f'The factory "{self.name}" is a coroutine function; it must be a plain one.'
        )


def is_async_factory(application: Any) -> bool:
    """Whether it is a coroutine function without parameters, which no interface has for an application."""
    return is_coroutine_callable(application) and parameters(application) == ([], False)


def call_factory(
    factory: Any, name: str, arguments: Sequence[Any] = (), named: Optional[Dict[str, Any]] = None
) -> Any:
    """Calls the factory for its application; of a coroutine function it makes an AsyncFactory."""
    if not callable(factory):
        raise StartError(
            wire.FAILURE_NOT_CALLABLE, f'The factory "{name}" is not callable: it is {kind_of(factory)}.'
        )
    if is_coroutine_callable(factory):
        return AsyncFactory(factory, name, arguments, named)
    try:
        application = factory(*arguments, **(named or {}))
    except BaseException as error:
        raise StartError(
            wire.FAILURE_FACTORY_RAISED, f'The factory "{name}" raised {summarize(error)}.', error
        ) from None
    if hasattr(application, "__await__"):
        close = getattr(application, "close", None)
        if close is not None:
            close()
        raise AsyncFactory(factory, name).refusal()
    return application


def check_callable(application: Any, name: str, was_made: bool) -> None:
    """Raises StartError for what cannot be an application of an interface whose applications are called. `was_made` says that a factory of that name has returned it."""
    if not callable(application):
        kind = kind_of(application)
        raise StartError(
            wire.FAILURE_NOT_CALLABLE,
            f'The factory "{name}" returned {kind}, which is not callable.' if was_made else f'The application "{name}" is not callable: it is {kind}.',
        )


def kind_of(value: Any) -> str:
    """What the value is, for a sentence."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"an instance of {name}" if name != "module" else "a module"
