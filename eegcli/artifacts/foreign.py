"""Code of foreign networks in runs: stored once at the root of a run, and run only where somebody trusts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eegcli.artifacts.network import DESCRIPTION, ModelDescription, said_differences
from eegcli.errors import ArtifactError, InputError, UsageError
from eegcli.files.atomic import writing
from eegcli.registry import foreign_named

if TYPE_CHECKING:
    from eegcli.models.code import Code

SOURCE = "network.py"
OTHER = "It is not the network that the run was made with."


def write_source(run: Path, code: Code) -> None:
    """Write the source of a network's file into its run, once; of a module nothing is written."""
    path = run / SOURCE
    if code.named.file and not (path.is_file() and not path.is_symlink() and path.read_bytes() == code.source):
        with writing(path) as temporary:
            temporary.write_bytes(code.source)


def trusted_code(run: Path, description: ModelDescription, *, trust: bool, arch: str | None) -> Code | None:
    """Code of the networks of a run, if they are foreign and somebody trusts it; None for those of the table.

    Parameters
    ----------
    run : Path
        Root of the run.
    description : ModelDescription
        Of any of its networks.
    trust, arch
        As of `Run.trusted`.

    Raises
    ------
    InputError
        If it is foreign and not trusted, or `arch` is another network.
    UsageError
        If `arch` names another architecture of the table.
    ArtifactError
        If the code is missing, or not the one that the run was made with.
    """
    from eegcli.models.code import code_of

    stored = description.foreign
    if stored is None:
        if arch is not None and arch != description.arch:
            raise UsageError(f"{run}: its network is {description.arch}, not {arch}", hint="--arch names a network of your own again.")
        return None
    if arch is not None:
        code = code_of(arch)
        if code is None:
            raise UsageError(f"{run}: its network is {description.arch}, not {arch}", hint="Name its file again, or add --trust.")
        if "file" in stored and "file" in code.identity:  # whatever it is called by now
            code = replace(code, identity={**code.identity, "file": stored["file"]})
        if dict(code.identity) != dict(stored):
            raise InputError(
                f"{arch}: {OTHER} The run has {said_differences(stored, code.identity)}", hint="Use --trust for the run's own copy."
            )
        return code
    if not trust:
        of = f"{stored.get('file')}, which the run holds as {SOURCE}" if "file" in stored else f"the module {stored.get('module')}"
        raise InputError(
            f"{run}: its network {description.arch} is somebody's own code ({of}), which is not run unasked",
            hint="Read it, and add --trust (Python: trust=True); or name your own copy: --arch ./FILE.py:CLASS.",
        )
    return _of_file(run, description, stored) if "file" in stored else _of_module(run, description, stored)


def _of_file(run: Path, description: ModelDescription, stored: Mapping[str, Any]) -> Code:
    """The copy in the run; never a path that the run names."""
    from eegcli.models.code import code_in_run

    path = run / SOURCE
    if description.arch != f"{stored.get('file')}:{stored.get('attribute')}" or Path(str(stored.get("file"))).name != stored.get("file"):
        raise ArtifactError(f"{run / DESCRIPTION}: {description.arch!r} is no name of a network", hint="Train it again.")
    if path.is_symlink() or not path.is_file():  # a link may lead anywhere: what it leads to is not what was written
        why = "is a link" if path.is_symlink() else "not found"
        raise ArtifactError(f"{path}: {why}; the source of the network is needed", hint="Name your own copy: --arch ./FILE.py:CLASS.")
    code = code_in_run(stored, path.read_bytes(), path)
    if dict(code.identity) != dict(stored):
        raise ArtifactError(f"{path}: {OTHER} The run has {said_differences(stored, code.identity)}", hint="It was changed since.")
    return code


def _of_module(run: Path, description: ModelDescription, stored: Mapping[str, Any]) -> Code:
    from eegcli.models.code import read_code

    module, attribute = stored.get("module"), stored.get("attribute")
    try:
        named = foreign_named(f"{module}:{attribute}")
    except UsageError:
        named = None
    if named is None or named.file or named.name != description.arch or (named.module, named.attribute) != (module, attribute):
        raise ArtifactError(f"{run / DESCRIPTION}: {description.arch!r} is no name of a network", hint="Train it again.")
    code = read_code(named)
    if dict(code.identity) != dict(stored):
        raise ArtifactError(
            f"{run}: {named.name} is another one here: {said_differences(stored, code.identity)}",
            hint="Install the version that the run was made with.",
        )
    return code


def facts(stored: Mapping[str, Any]) -> dict[str, str]:
    """Facts on the code of a foreign network, as `info` shows them; nothing is run."""
    names = ("file", "module", "distribution", "version", "sha256")
    return {name: str(stored[name]) for name in names if stored.get(name) is not None}
