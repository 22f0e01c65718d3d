"""Claims: a file says who is at work on an item, so that no other process, here or on another host, works on it at the same time."""

from __future__ import annotations

import contextlib
import datetime
import getpass
import json
import os
import secrets
import socket
import threading
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eegcli.errors import AtWork, UnavailableError
from eegcli.files.causes import disk_errors
from eegcli.files.folders import make_folder

BEAT_SECONDS = 15.0
# A network file system may show a time that is a minute old (acregmax of NFS); a busy host may miss some beats.
DEAD_SECONDS = 150.0
ENDING = ".claim"


@dataclass(frozen=True)
class Owner:
    """Owner of a claim: a process.

    Attributes
    ----------
    host : str
    process : int
        Its number.
    place : str
        Boot of the machine and namespace of processes in which the number means something: containers may share a host's name.
    started : str
        When the process began, in ticks of the machine: numbers of processes are used again.
    job : str
        Number of its Slurm job, with that of the task of an array; empty where there is none.
    user : str
    since : str
        Time of the claim, UTC.
    nonce : str
        Of this claim alone.
    """

    host: str
    process: int
    place: str
    started: str
    job: str
    user: str
    since: str
    nonce: str

    def __str__(self) -> str:
        job = f" of Slurm job {self.job}" if self.job else ""
        user = f", {self.user}" if self.user else ""
        return f"process {self.process}{job} on {self.host}{user}, since {self.since}"


class Claim:
    """Claim that this process holds; it shows that it lives until it is released, or the process ends."""

    def __init__(self, path: Path, owner: Owner) -> None:
        self.path, self.owner = path, owner
        _Heart.of_this_process().beat_for(self)

    def is_lost(self) -> bool:
        """Test that another process has taken the claim over, or removed it, since this one seemed dead."""
        there = _read(self.path)
        if there is None:  # a file that cannot be read at this moment is no sign of another process
            return not self.path.exists()
        return there.nonce != self.owner.nonce

    def release(self) -> None:
        """Give the claim back; no error if it is lost already."""
        _Heart.of_this_process().stop_beating_for(self)
        with contextlib.suppress(OSError):
            try:
                _replace(self.path, self.owner.nonce, None)
            except UnavailableError:  # a full disk has no room for the right to remove it
                if not self.is_lost():
                    self.path.unlink()

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def take(path: Path) -> Claim | Owner:
    """Take a claim, unless a living process holds it.

    Parameters
    ----------
    path : Path
        The file of the claim, beside what is claimed; its folder is made.

    Returns
    -------
    Claim or Owner
        The claim, to be released; or who holds it.

    Notes
    -----
    The file is made by `os.link`, which is atomic on NFS, too. A process of this machine is asked for by its number; one elsewhere counts
    as dead when its file was not touched for 150 s of the file system's own clock.
    """
    make_folder(path.parent)
    owner = _this_process()
    while True:
        if _make(path, owner):
            return Claim(path, owner)
        holder = _read(path)
        if holder is None:
            if not path.exists():  # released meanwhile
                continue
            if _seconds_since_touched(path) < DEAD_SECONDS:  # being written, on a file system that shows it late
                time.sleep(0.05)
                continue
        elif is_alive(holder, path):
            return holder
        if _replace(path, None if holder is None else holder.nonce, owner):
            return Claim(path, owner)
        time.sleep(0.005)  # another process does it at this moment


def owners(folder: Path) -> dict[Path, Owner]:
    """Living owners of the claims in a folder and below it, by the file of the claim."""
    found: dict[Path, Owner] = {}
    for path in sorted(folder.rglob(f".*{ENDING}")):
        owner = _read(path)
        if owner is not None and is_alive(owner, path):
            found[path] = owner
    return found


def require_held(path: Path) -> None:
    """See that every claim of this process on what holds a file is still its own.

    A process that was suspended, or whose machine was, counts as dead for others; when it wakes it has to leave alone what they write.

    Parameters
    ----------
    path : Path
        The file that is about to be written; or a folder.

    Raises
    ------
    AtWork
        Naming the process that has taken a claim over.
    """
    place = Path(os.path.abspath(path))  # noqa: PTH100  # without following links, as the claims' names
    for claim in _Heart.of_this_process().claims:
        there = Path(os.path.abspath(claim.path)).parent  # noqa: PTH100
        if place.is_relative_to(there) and claim.is_lost():
            new = _read(claim.path)
            by, otherwise = (str(new), "") if new is not None else ("another process", f", or somebody has removed {claim.path.name}")
            raise AtWork(
                f"{path}: {by} has taken over, since this process gave no sign of life for {DEAD_SECONDS:g} s{otherwise}",
                hint="Run the same command again: what is finished is kept.",
                cause="at work",
            )


def sweep(folder: Path, *, below: bool = True) -> None:
    """Remove the claims of dead processes in a folder, and below it unless told otherwise."""
    for path in list((folder.rglob if below else folder.glob)(f".*{ENDING}")):
        owner = _read(path)
        if owner is not None and not is_alive(owner, path):
            _replace(path, owner.nonce, None)


def is_alive(owner: Owner, path: Path) -> bool:
    """Test that the process that holds a claim is still there.

    Parameters
    ----------
    owner : Owner
    path : Path
        The file of its claim.
    """
    if owner.place and owner.place == _place() and owner.host == socket.gethostname():
        return _started(owner.process) == owner.started
    try:
        return _seconds_since_touched(path) < DEAD_SECONDS
    except FileNotFoundError:
        return False


def is_ours(owner: Owner) -> bool:
    """Test that an owner is this very process."""
    ours = _this_process()
    return (owner.host, owner.process, owner.place, owner.started) == (ours.host, ours.process, ours.place, ours.started)


class _Heart:
    """A thread that touches the files of the claims of this process."""

    _lock = threading.Lock()
    _current: _Heart | None = None

    def __init__(self) -> None:
        self.process = os.getpid()
        self._claims: dict[str, Claim] = {}
        self._changed = threading.Lock()
        self._thread: threading.Thread | None = None

    @classmethod
    def of_this_process(cls) -> _Heart:
        with cls._lock:
            if cls._current is None or cls._current.process != os.getpid():  # threads do not survive a fork
                cls._current = cls()
            return cls._current

    @property
    def claims(self) -> list[Claim]:
        """Claims that are held."""
        with self._changed:
            return list(self._claims.values())

    def beat_for(self, claim: Claim) -> None:
        with self._changed:
            self._claims[claim.owner.nonce] = claim
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat, name="eegcli-claims", daemon=True)
                self._thread.start()

    def stop_beating_for(self, claim: Claim) -> None:
        with self._changed:
            self._claims.pop(claim.owner.nonce, None)

    def _beat(self) -> None:
        while True:
            time.sleep(BEAT_SECONDS)
            with self._changed:
                claims = list(self._claims.values())
                if not claims:
                    self._thread = None
                    return
            for claim in claims:
                with contextlib.suppress(OSError):
                    if not claim.is_lost():
                        os.utime(claim.path)


def _make(path: Path, owner: Owner) -> bool:
    """Make the file of a claim, whole at once; False if it is there."""
    temporary = _beside(path)
    with disk_errors(path):
        try:
            temporary.write_text(json.dumps(asdict(owner)), encoding="utf-8")
            try:
                os.link(temporary, path)
            except FileExistsError:
                return False
            except OSError:
                # A file system without hard links: exclusive creation will do, though others may see it empty for a moment.
                return _make_exclusively(path, owner)
            return True
        finally:
            temporary.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    """Name of a file for a moment: what a killed process leaves of it is swept with other temporary files."""
    return path.with_name(f"{path.name}-{secrets.token_hex(8)}.{socket.gethostname()}.{os.getpid()}.tmp")


def _make_exclusively(path: Path, owner: Owner) -> bool:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(asdict(owner)))
    except FileExistsError:
        return False
    return True


def _replace(path: Path, nonce: str | None, owner: Owner | None) -> bool:
    """Replace the claim of one owner by that of another, or remove it; of several that try, one does.

    Parameters
    ----------
    path : Path
    nonce : str or None
        Of the claim that is to go; None for a file that cannot be read.
    owner : Owner or None
        Of the new claim; None to leave none.

    Returns
    -------
    bool
        False if the claim is another by now, or another process is about to replace it.

    Notes
    -----
    Whoever makes the file of the right to replace this one claim may do so, and looks at the claim again before. That file becomes the new
    claim: there is no moment without one, in which a third process could make its own. Who died with the right is replaced in the same way.
    """
    right = path.with_name(f"{path.name}-{nonce or 'unreadable'}{ENDING}")
    if not _make(right, owner or _this_process()):
        holder = _read(right)
        if holder is not None and not is_alive(holder, right):
            _replace(right, holder.nonce, None)
        return False
    try:
        found = _read(path)
        if (None if found is None else found.nonce) != nonce or not path.exists():
            return False
        if owner is None:
            path.unlink()
        else:
            right.replace(path)
        return True
    finally:
        with contextlib.suppress(FileNotFoundError):
            right.unlink()


def _read(path: Path) -> Owner | None:
    try:
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Owner(**stored)
    except (OSError, ValueError, TypeError):
        return None


def _seconds_since_touched(path: Path) -> float:
    """Time since a file was touched, by the clock of the file system that holds it: clocks of hosts differ."""
    probe = _beside(path)
    touched = path.stat().st_mtime
    try:
        probe.touch()
        return probe.stat().st_mtime - touched
    except OSError:  # one may read there only
        return time.time() - touched
    finally:
        probe.unlink(missing_ok=True)


def _this_process() -> Owner:
    array, task = os.environ.get("SLURM_ARRAY_JOB_ID"), os.environ.get("SLURM_ARRAY_TASK_ID")
    return Owner(
        host=socket.gethostname(),
        process=os.getpid(),
        place=_place(),
        started=_started(os.getpid()) or "",
        job=f"{array}_{task}" if array and task else os.environ.get("SLURM_JOB_ID", ""),
        user=_user(),
        since=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        nonce=secrets.token_hex(8),
    )


@cache
def _place() -> str:
    """Boot and namespace of processes; empty where the system does not say: then only heartbeats tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"  # noqa: PTH115  # no file: a name of a namespace
    except OSError:
        return ""


def _started(process: int) -> str | None:
    """Begin of a process in ticks; None if it is dead, or a zombie that nobody has collected."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else fields[19]


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
