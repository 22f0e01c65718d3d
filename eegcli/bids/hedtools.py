"""Import of hedtools, without the run-time type checks of a library that it needs for plurals."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# hedtools imports inflect for the plurals of units; typeguard parses and compiles all of inflect anew for each of its decorated methods,
# which took 4.4 of the 6.5 s of a query. Its checks are of the types of arguments alone: no plural comes out otherwise.
_UNCHECKED = "inflect"
_LOCK = threading.RLock()


def import_hedtools() -> Any:
    """Import hedtools; `typeguard` is as it was afterwards.

    Returns
    -------
    module
        ``hed``.

    Raises
    ------
    ImportError
        If hedtools is not installed.
    """
    if _UNCHECKED not in sys.modules:
        with _LOCK, _unchecked():
            import inflect  # noqa: F401
    import hed

    return hed


@contextmanager
def _unchecked() -> Iterator[None]:
    """Leave the functions of that one library as they are written where typeguard decorates them."""
    try:
        import typeguard
    except ImportError:  # then nothing is decorated by it
        yield
        return
    decorate: Callable[..., Any] = typeguard.typechecked

    def typechecked(target: Any = None, /, **options: Any) -> Any:
        # Others that are imported meanwhile, in another thread, are decorated as ever.
        return target if getattr(target, "__module__", None) == _UNCHECKED else decorate(target, **options)

    typeguard.typechecked = typechecked  # type: ignore[assignment]
    try:
        yield
    finally:
        typeguard.typechecked = decorate
