"""An artifact's folder: finished, unfinished, or of another configuration.

`settings.json` is written first and says of which configuration the folder is; `done.json` is written last.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import os
import platform
import shutil
import socket
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from eegcli.artifacts import contents
from eegcli.artifacts.at_work import SHARED, at_work, enter, entering, others, refuse_others, wait_until_alone
from eegcli.artifacts.begun import holds_work, leave_nothing
from eegcli.artifacts.configuration import configuration_of, differences, refuse_damaged, refuse_unknown
from eegcli.artifacts.contents import Contents, check_seal, digests_of, sealed, sizes_of
from eegcli.artifacts.kinds import WORDS, class_of
from eegcli.artifacts.schema import SCHEMA_VERSION
from eegcli.errors import ArtifactError, InputError, UnavailableError
from eegcli.files import atomic, claim
from eegcli.files.block import if_refused
from eegcli.files.causes import disk_errors
from eegcli.files.claim import is_ours
from eegcli.files.folders import make_folder
from eegcli.remote.address import address_in_path
from eegcli.version import __version__

REPLACE = "Choose another name with --output, or replace it with --force."
SETTINGS, DONE, PROVENANCE = contents.SETTINGS, contents.DONE, contents.PROVENANCE
OF_DATASET = (SETTINGS, "fetch.parquet", ".bidsignore")  # files of ours in a data set


@dataclass(frozen=True)
class Folder:
    """The folder of one artifact.

    Attributes
    ----------
    path : Path
        Path of the folder.
    kind : str
        ``recordings``, ``windows``, ``run``, ``evaluation``, ``explanation`` or ``dataset``.
    digest : str
        Digest of settings, inputs and code version, as it stands in `settings.json`: what later stages know the artifact by.
    finished : bool
        True if the done mark says that this very configuration is complete.
    """

    path: Path
    kind: str
    digest: str
    finished: bool

    def finish(self, known: Mapping[str, str | None] | None = None, **figures: Any) -> None:
        """Write the done mark: the last file of an artifact. It states size and digest of the others.

        Parameters
        ----------
        known : mapping of str to str or None, optional
            Digests of files that need not be read for it, by their paths in the folder; None: nothing is stated of this file.
        **figures
            What the mark says besides.
        """
        atomic.sweep(self.path)  # of processes that were killed while this one went on
        claim.sweep(self.path)
        # The files of a data set stand in fetch.parquet.
        files = {} if self.kind == "dataset" else sizes_of(self.path)
        stated = [name for name, size in files.items() if size is not None] or [name for name in OF_DATASET if (self.path / name).exists()]
        listed: dict[str, Any] = {"files": files} if files else {}
        digests = digests_of(self.path, stated, known or {})
        atomic.write_json(self.path / DONE, sealed({"digest": self.digest, "kind": self.kind, **listed, "digests": digests, **figures}))


def open_folder(
    path: Path, kind: str, settings: Any, *, inputs: Mapping[str, str], version: int, force: bool = False, growing: Collection[str] = ()
) -> Folder:
    """Begin, resume or recognise an artifact of this configuration at `path`.

    Parameters
    ----------
    path : Path
        The artifact's folder; made if needed.
    kind : str
        Kind of artifact.
    settings : dataclass
        The stage's settings; the fields that are not `free()` are part of the configuration.
    inputs : mapping of str to str
        Digests of what is read, by name.
    version : int
        Version of the stage's code, raised when its results change.
    force : bool
        Take over a folder of another configuration, or do finished work again. What is in it is removed, but for a
        growing artifact of another configuration, whose items know themselves whether they are touched.
    growing : collection of str
        Inputs that may change: the artifact is made item by item, and each item knows its own digest.

    Raises
    ------
    AtWork
        If another process makes this very artifact, which one process makes, and the settings do not say to wait for it.
    InputError
        If the folder holds another configuration and `force` is False, or holds something that is no artifact; or if another process is at
        work there, with other settings or where `force` would remove what it writes.
    ArtifactError
        If it holds an artifact of another kind, or, unless `force` is True, one that cannot be read: of another schema, or damaged.
    """
    refuse_other(path, kind, settings, inputs=inputs, version=version, force=force, growing=growing)
    if not force and is_finished(path, kind, settings, inputs=inputs, version=version):  # nothing is written: one may only read there
        return Folder(path, kind, str(atomic.read_json(path / SETTINGS)["digest"]), finished=True)
    while True:
        with entering(path):
            found = _enter(path, kind, settings, inputs=inputs, version=version, force=force, growing=growing)
        if found is not None:
            return found
        wait_until_alone(path)


def _enter(
    path: Path, kind: str, settings: Any, *, inputs: Mapping[str, str], version: int, force: bool, growing: Collection[str]
) -> Folder | None:
    """Begin, resume or recognise the artifact, and enter its folder; None where another process is to be waited for."""
    # Looked at once more: another process may have come since.
    refuse_other(path, kind, settings, inputs=inputs, version=version, force=force, growing=growing)
    configuration = configuration_of(kind, settings, inputs, version)
    if (path / SETTINGS).exists():
        stored = atomic.read_json(path / SETTINGS)
        same = not differences(stored, configuration, settings)
        if force:
            refuse_others(path, doing="--force would remove what it writes")
        if same and not force:
            finished = is_done(path, stored)
            if not finished:
                if kind not in SHARED and (there := others(path)):
                    if not settings.wait:
                        raise at_work(path, there)
                    return None
                atomic.sweep(path)  # what a killed run left half written
                if not (path / PROVENANCE).exists():  # killed between the settings and it
                    write_provenance(path, settings)
                enter(path)
                if_refused(functools.partial(leave_nothing, path))
            # Made by an earlier version, it keeps the digest it has: later stages know it by that.
            return Folder(path, kind, str(stored["digest"]), finished=finished)
        # Entered before anything is removed: that of a large artifact takes minutes on a slow disk, and whoever comes meanwhile has to see it.
        enter(path)
        if force and (same or not growing):
            with disk_errors(path):
                _empty(path)
    else:
        make_folder(path)
        enter(path)
    with disk_errors(path):
        (path / DONE).unlink(missing_ok=True)
    atomic.sweep(path)
    if_refused(functools.partial(leave_nothing, path))
    atomic.write_json(path / SETTINGS, configuration)
    write_provenance(path, settings)
    return Folder(path, kind, configuration["digest"], finished=False)


def _empty(path: Path) -> None:
    """Remove what is in a folder, but for the claims of this process: of a living one no other is there."""
    mine = {file for file, owner in claim.owners(path).items() if is_ours(owner)}
    for item in path.iterdir():
        if item in mine:
            continue
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        else:
            item.unlink()


def refuse_other(
    path: Path, kind: str, settings: Any, *, inputs: Mapping[str, str], version: int, force: bool = False, growing: Collection[str] = ()
) -> None:
    """Refuse an output that holds something else, before any work is done for it; nothing is written.

    Arguments and errors as for `open_folder`; an artifact with settings that this version does not know is an ArtifactError, too.
    """
    if path.exists() and not path.is_dir():
        raise InputError(f"{path}: is a file, not a folder", hint="Choose another name with --output.")
    # Listed before the settings are looked for: they come first, so whoever sees another file sees them, too.
    occupied = path.exists() and any(item for item in path.iterdir() if not item.name.startswith("."))
    if not (path / SETTINGS).exists():
        if occupied:
            raise InputError(f"{path}: not empty, and not made by eegcli", hint="Choose another name with --output.")
        return
    stored = atomic.read_json(path / SETTINGS)
    if stored.get("kind") != kind:
        raise ArtifactError(
            f"{path}: holds {WORDS.get(str(stored.get('kind')))}, not {WORDS[kind]}", hint="Choose another name with --output."
        )
    if not force:
        _refuse_unreadable(
            str(path),
            stored,
            class_of(kind, stored, type(settings)),
            hint=REPLACE,
        )
    changed = differences(stored, configuration_of(kind, settings, inputs, version), settings)
    if force or all(name.removeprefix("inputs.") in growing for name in changed):
        return
    said = "; ".join(_said(name, *values) for name, values in changed.items())
    refuse_others(path, doing=f"this command has other settings ({said})")
    if not holds_work(path):
        return
    contents_of(path).check(SETTINGS)
    refuse_unknown(class_of(kind, stored, type(settings)), stored, str(path))
    raise InputError(
        f"{path}: holds another configuration ({said})",
        hint=REPLACE,
    )


def _said(name: str, there: Any, here: Any) -> str:
    # Digests tell a reader nothing.
    if name == "inputs.network" and there and here:
        return "the code of the network is another"
    return (
        f"{name} are others"
        if name.startswith("inputs.") and there and here and name != "inputs.dataset"
        else f"{name}: {there} there, {here} here"
    )


def is_finished(path: Path, kind: str, settings: Any, *, inputs: Mapping[str, str], version: int) -> bool:
    """Test that this very configuration is complete at `path`; nothing is written. Arguments as for `open_folder`.

    Raises
    ------
    ArtifactError
        If an artifact of this kind is there that cannot be read: of another schema, or damaged.
    """
    if kind_of(path) != kind:
        return False
    stored = atomic.read_json(path / SETTINGS)
    _refuse_unreadable(str(path), stored, class_of(kind, stored, type(settings)), hint=REPLACE)
    return is_done(path, stored) and not differences(stored, configuration_of(kind, settings, inputs, version), settings)


def is_done(path: Path, stored: Mapping[str, Any]) -> bool:
    """Test that the done mark belongs to the settings that are stored.

    Raises
    ------
    ArtifactError
        If the done mark is damaged, or the settings are not those that it speaks of.
    """
    if not (path / DONE).exists():
        return False
    done = _read_done(path)
    contents_of(path, done).check(SETTINGS)
    return done.get("digest") == stored.get("digest")


def _read_done(path: Path) -> dict[str, Any]:
    done = atomic.read_json(path / DONE)
    check_seal(str(path / DONE), done)
    return done


def contents_of(path: Path, done: Mapping[str, Any] | None = None) -> Contents:
    """Contents of the artifact at `path` as its done mark states them; of an unfinished one, nothing.

    Raises
    ------
    ArtifactError
        If the done mark is damaged.
    """
    if done is None:
        done = _read_done(path) if (path / DONE).exists() else {}
    return Contents.stated(path, done)


def touch(path: Path) -> None:
    """Touch the done mark of an artifact for which nothing is left to do: make and Snakemake go by its time, and would else call again.

    The claim of a process that was killed just after it had written the mark goes, too.
    """
    with contextlib.suppress(OSError, UnavailableError):  # one may only read there
        os.utime(path / DONE)
        claim.sweep(path, below=False)


def require(path: Path, kind: str, *files: str) -> dict[str, Any]:
    """Read the settings of a finished artifact of this kind.

    Parameters
    ----------
    path : Path
        Its folder.
    kind : str
    *files : str
        Files of it that are going to be read: they are held against the digests that the done mark states.

    Raises
    ------
    InputError
        If there is nothing at `path`, or it is unfinished.
    ArtifactError
        If it is of another kind or of a schema this version cannot read, or its settings or one of `files` are not what was written.
    """
    if not path.exists():
        if (address := address_in_path(path)) is not None:
            raise InputError(
                f"{path}: an address as a Path, in which two slashes are one",
                hint=f"Open it by its text, {address!r}; a stage takes a copy: eegcli.artifacts.elsewhere.bring({address!r}).",
            )
        raise InputError(f"{path}: not found")
    if not (path / SETTINGS).exists():
        raise InputError(f"{path}: not an artifact of eegcli", hint=f"{WORDS[kind].capitalize()} is needed here.")
    settings = atomic.read_json(path / SETTINGS)
    done = _read_done(path) if (path / DONE).exists() else {}
    check_readable(str(path), settings, kind)
    contents_of(path, done).check(*(name for name in (SETTINGS, *files) if done))
    check_settings(str(path), settings, done, kind)
    return settings


def check_settings(name: str, settings: Mapping[str, Any], done: Mapping[str, Any], kind: str) -> None:
    """Check that settings and done mark are those of a finished artifact of this kind, wherever they were read.

    Raises
    ------
    InputError
        If it is unfinished.
    ArtifactError
        If it is of another kind or of a schema this version cannot read, or its settings are damaged.
    """
    check_readable(name, settings, kind)
    check_seal(f"{name}/{DONE}", done)
    if done.get("digest") != settings.get("digest"):
        raise InputError(f"{name}: unfinished", hint="Run the command that makes it again: it resumes.")


def check_readable(name: str, settings: Mapping[str, Any], kind: str) -> None:
    """See that settings are those of an artifact of this kind that this version can read, finished or not.

    Raises
    ------
    ArtifactError
        If it is of another kind or of a schema this version cannot read, or the settings are damaged.
    """
    if settings.get("kind") != kind:
        raise ArtifactError(f"{name}: holds {WORDS.get(str(settings.get('kind')))}, where {WORDS[kind]} is needed")
    _refuse_unreadable(name, settings, class_of(kind, settings), hint="Make it again.")


def _refuse_unreadable(name: str, stored: Mapping[str, Any], cls: type[Any], *, hint: str) -> None:
    if stored.get("schema") != SCHEMA_VERSION:
        raise ArtifactError(f"{name}: written with schema {stored.get('schema')}, this version reads {SCHEMA_VERSION}", hint=hint)
    refuse_damaged(cls, stored, name, hint=hint)


def kind_of(path: Path) -> str | None:
    """Read the kind of the artifact at `path`; None if there is none."""
    if not (path / SETTINGS).is_file():
        return None
    kind = atomic.read_json(path / SETTINGS).get("kind")
    return kind if isinstance(kind, str) else None


def within_run(path: Path, name: str) -> Path:
    """Folder of what a command wrote into a run: of that name in it, where the run itself is named; else the path as it is."""
    return path / name if kind_of(path) == "run" else path


def write_provenance(path: Path, settings: Any, **extra: Any) -> None:
    """Write what varies between equal runs: time, host, command, absolute paths. Outside the promise of equal bytes."""
    atomic.write_json(
        path / PROVENANCE,
        {
            "command": sys.argv,
            "cwd": str(Path.cwd()),
            "eegcli": __version__,
            "free_settings": {f.name: getattr(settings, f.name) for f in fields(settings) if f.metadata.get("free")},
            "host": socket.gethostname(),
            "python": platform.python_version(),
            "platform": platform.platform(),
            "slurm_job": os.environ.get("SLURM_JOB_ID"),
            "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            **extra,
        },
    )
