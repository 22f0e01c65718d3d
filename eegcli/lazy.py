"""Lazy sub-modules: `eegcli.preprocess.asr.repair` after a plain `import eegcli`, while nothing is imported before it is used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable
from types import ModuleType


def submodules(package: str) -> tuple[Callable[[str], ModuleType], Callable[[], list[str]]]:
    """Make the `__getattr__` and `__dir__` of a package (PEP 562) that import its modules when they are asked for.

    Parameters
    ----------
    package : str
        Its `__name__`.

    Notes
    -----
    A package has it as ``if not TYPE_CHECKING: __getattr__, __dir__ = submodules(__name__)``: a type checker that saw it would
    believe in any name.
    """

    def get(name: str) -> ModuleType:
        if name in _names(package):
            return importlib.import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *_names(package)})

    return get, listed


def _names(package: str) -> Iterable[str]:
    """Modules and packages in a package's folder; those that begin with `_` aside."""
    import pkgutil  # here, since `--help` needs none of it

    return {found.name for found in pkgutil.iter_modules(sys.modules[package].__path__) if not found.name.startswith("_")}
