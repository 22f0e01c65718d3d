"""Code of a foreign architecture: the bytes of its file or its module, by which it is known again, and how it is run."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib
import importlib.abc
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from eegcli.compute.memory import is_out_of_memory
from eegcli.errors import EegcliError, InputError, UnavailableError
from eegcli.files.causes import unreadable
from eegcli.models.untouched import untouched
from eegcli.registry import Foreign, foreign_named
from eegcli.registry.foreign import BRAINDECODE

ALONE = "Move what it needs into the file; or install it as a package, and name --arch package.module:Net."
SHOWN = 300  # characters of a message of somebody else's


@dataclass(frozen=True)
class Code:
    """Code of a foreign architecture, as it was read once: what is run later are these bytes, wherever they came from.

    Attributes
    ----------
    named : Foreign
    identity : mapping of str to (str or None)
        What it is known by: ``attribute``, ``sha256`` of its source; of a file ``file``, its name; of a module ``module``, and the
        ``distribution`` and ``version`` that it is of.
    source : bytes
        Content of the file; empty for a module.
    where : str
        Its place, for messages.
    folder : Path
        Folder of the file, in which no module is looked for.
    """

    named: Foreign
    identity: Mapping[str, str | None]
    source: bytes
    where: str
    folder: Path = Path()

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """Name of the network with its place, for messages."""
        return f"{self.where}: {self.named.attribute}" if self.named.file else self.where

    def constructor(self) -> Callable[..., Any]:
        """Run the code, and give the class or function that makes the network.

        Raises
        ------
        InputError
            If it fails, with the line in it; or has no such class or function.
        """
        with untouched(), self.running():
            module = self._module() if self.named.file else _imported(self.named, self.where)
            found: Any = module
            for part in self.named.attribute.split("."):
                found = getattr(found, part, None)
        if found is None:
            raise InputError(f"{self.where}: has no {self.named.attribute}", hint=f"It has: {', '.join(_classes(module)) or 'no class'}.")
        if not callable(found):
            raise InputError(f"{self.title} is no class or function", hint=f"It has: {', '.join(_classes(module)) or 'no class'}.")
        made: Callable[..., Any] = found
        return made

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Turn what goes wrong in the code into one line, with its own line number; what it prints is no output of a command.

        Raises
        ------
        InputError
        """
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield
        except EegcliError:
            raise
        except (Exception, SystemExit) as error:
            if is_out_of_memory(error):  # not the code's fault
                raise
            raise self._told(error) from error

    @contextlib.contextmanager
    def anew(self) -> Iterator[None]:
        """Run a file once more, as another process would, and forget it afterwards: for comparison."""
        kept = sys.modules.pop(self._module_name, None) if self.named.file else None
        try:
            yield
        finally:
            if kept is not None:
                sys.modules[self._module_name] = kept

    def _module(self) -> ModuleType:
        """The module of a file: of a name of its own, so that neither another file nor a module of Python is meant by it."""
        name = self._module_name
        if name not in sys.modules:
            spec = importlib.util.spec_from_loader(name, _Bytes(self.source, self.where), origin=self.where)
            assert spec is not None and spec.loader is not None
            sys.modules[name] = module = importlib.util.module_from_spec(spec)
            try:
                with _without(self.folder), _torch_seeded():
                    spec.loader.exec_module(module)
            except BaseException:
                del sys.modules[name]
                raise
        return sys.modules[name]

    @property
    def _module_name(self) -> str:
        return f"eegcli_network_{self.identity['sha256']}"

    def _told(self, error: BaseException) -> InputError:
        """The error of the code, with the deepest line in it that led there."""
        frames = [(frame.f_code.co_filename, number) for frame, number in traceback.walk_tb(error.__traceback__) if self._is_ours(frame)]
        place = self.where
        if isinstance(error, SyntaxError) and error.lineno is not None:
            place = f"{error.filename or self.where}, line {error.lineno}"
        elif frames:
            place = f"{self.where if self.named.file else f'{self.where}: {frames[-1][0]}'}, line {frames[-1][1]}"
        said = " ".join((error.msg if isinstance(error, SyntaxError) else str(error)).split())[:SHOWN]
        return InputError(f"{place}: {type(error).__name__}" + (f": {said}" if said else ""), hint=self._hint(error))

    def _hint(self, error: BaseException) -> str | None:
        """Say what mends it, where the file may miss what is not stored with it."""
        misses = isinstance(error, (ImportError, FileNotFoundError)) or (isinstance(error, NameError) and error.name == "__file__")
        if not (self.named.file and misses):
            return None
        install = f"Install {error.name}, if it is a package. " if isinstance(error, ModuleNotFoundError) else ""
        return f"{install}A run stores this file alone, so that it is run without its folder. {ALONE}"

    def _is_ours(self, frame: Any) -> bool:
        module = str(frame.f_globals.get("__name__", ""))
        if self.named.file:
            return module == self._module_name
        package = self.named.module.partition(".")[0]
        return module == package or module.startswith(f"{package}.")


class _Bytes(importlib.abc.InspectLoader):
    """Loader of a module from bytes that were read and digested before: what is run cannot have changed since."""

    def __init__(self, source: bytes, where: str) -> None:
        self.source, self.where = source, where

    def get_source(self, fullname: str) -> str:
        return importlib.util.decode_source(self.source)

    def get_code(self, fullname: str) -> Any:
        return self.source_to_code(self.source, self.where)


def code_of(arch: str) -> Code | None:
    """Read the code of an architecture, as `read_code` does; None for one of the table."""
    named = foreign_named(arch)
    return None if named is None else read_code(named)


def read_code(named: Foreign) -> Code:
    """Read the code of an architecture that the user names.

    A file is read, and not run; a module is imported, since only then it is known in which file the network stands.

    Raises
    ------
    InputError
        If the file is not there, is no Python, or imports a file beside it, which a run would not hold.
    UnavailableError
        If the package is not installed.
    """
    if not named.file:
        return _installed(named)
    path = Path(named.file)
    try:
        source = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{named.file}: not found", hint="A file of Python with a network in it is needed.") from None
    except OSError as error:
        said = unreadable(named.file, error, f"cannot be read ({error.strerror})")
        raise InputError(said.message, hint=said.hint) from error
    code = Code(named, _identity_of_file(path.name, named.attribute, source), source, named.file, path.resolve().parent)
    with code.running():
        _refuse_imports_beside(code)
    return code


def code_in_run(identity: Mapping[str, Any], source: bytes, path: Path) -> Code:
    """Code of a file as a run holds it. Nothing is run.

    Parameters
    ----------
    identity : mapping
        What the run says that it is.
    source : bytes
        Content of the file in the run.
    path : Path
        Path of the file in the run.
    """
    name, attribute = str(identity.get("file")), str(identity.get("attribute"))
    return Code(Foreign(attribute, file=str(path)), _identity_of_file(name, attribute, source), source, str(path), path.resolve().parent)


def _identity_of_file(name: str, attribute: str, source: bytes) -> dict[str, str | None]:
    return {"attribute": attribute, "file": name, "sha256": hashlib.sha256(source).hexdigest()}


def _installed(named: Foreign) -> Code:
    """Code of a module: its distribution, version, and the file in which the network stands."""
    code = Code(named, {}, b"", named.name)
    made = code.constructor()
    with code.running():
        module = inspect.getmodule(made) or sys.modules[named.module]
        file = getattr(module, "__file__", None) or getattr(sys.modules[named.module], "__file__", None)
    if file is None:
        raise InputError(f"{named.name}: stands in no file, so that no run could say which network it is")
    distribution, version = _distribution_of(named.module.partition(".")[0])
    identity = {
        "attribute": named.attribute,
        "module": named.module,
        "distribution": distribution,
        "version": version,
        "sha256": hashlib.sha256(Path(file).read_bytes()).hexdigest(),
    }
    return Code(named, identity, b"", named.name)


def _distribution_of(package: str) -> tuple[str | None, str | None]:
    """Name and version of the distribution that a package came with; None for one that was never installed."""
    from importlib.metadata import PackageNotFoundError, packages_distributions, version

    name = next(iter(packages_distributions().get(package, [])), package)  # an editable one lists no packages
    try:
        return name, version(name)
    except PackageNotFoundError:
        return None, None


def _imported(named: Foreign, where: str) -> ModuleType:
    try:
        return importlib.import_module(named.module)
    except ModuleNotFoundError as error:
        package = named.module.partition(".")[0]
        if error.name == package:
            hint = (
                f"Install it: pip install {BRAINDECODE}."
                if package == BRAINDECODE
                else f"Install the package of it. A file is named by its path: ./{package}.py:{named.attribute}."
            )
            raise UnavailableError(f"{where}: {package} is not installed", hint=hint, cause="dependency") from error
        if error.name is not None and not f"{named.module}.".startswith(f"{error.name}."):
            raise UnavailableError(
                f"{where}: needs {error.name}, which is not installed", hint=f"Install {error.name}.", cause="dependency"
            ) from error
        raise


def _classes(module: ModuleType) -> list[str]:
    """Public names of the classes and functions that a module itself has."""
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and callable(value) and getattr(value, "__module__", None) == module.__name__
    ]


@contextlib.contextmanager
def _without(folder: Path) -> Iterator[None]:
    """Take a folder off the places where Python looks for modules; they are put back as they were."""
    before = list(sys.path)
    sys.path[:] = left = [entry for entry in before if Path(entry).resolve() != folder]
    try:
        yield
        if sys.path != left:
            raise ImportError("changes sys.path: what it imports from there would not be found when the run is read elsewhere")
    finally:
        sys.path[:] = before


@contextlib.contextmanager
def _torch_seeded() -> Iterator[None]:
    """Seed torch for a file that is run: its numbers are those of every process, and its own seed reaches nothing else."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        yield


def _refuse_imports_beside(code: Code) -> None:
    """Refuse imports of modules that lie beside the file: a run holds the file alone."""
    for node in ast.walk(ast.parse(code.source, code.where)):
        if isinstance(node, ast.ImportFrom):
            names = ["." * node.level + (node.module or node.names[0].name)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith(".") or _lies_in(name.partition(".")[0], code.folder):
                raise InputError(
                    f"{code.where}, line {node.lineno}: imports {name}, which lies beside it; a run stores this file alone", hint=ALONE
                )


def _lies_in(package: str, folder: Path) -> bool:
    """Test that a module would be found in a folder, and nowhere else."""
    if package in sys.stdlib_module_names or not any((folder / name).exists() for name in (f"{package}.py", package)):
        return False
    with _without(folder):
        loaded = sys.modules.get(package)
        found = loaded.__spec__ if loaded is not None else importlib.util.find_spec(package)
    if found is None:
        return True
    places = [found.origin] if found.origin else list(found.submodule_search_locations or [])
    return any(folder in Path(place).resolve().parents for place in places)
