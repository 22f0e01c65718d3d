"""Files that are whole or absent: written under a temporary name, synced, renamed."""

from __future__ import annotations

import contextlib
import functools
import json
import math
import os
import re
import shutil
import socket
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from eegcli.errors import ArtifactError
from eegcli.files.causes import disk_errors, unreadable
from eegcli.files.claim import require_held
from eegcli.files.folders import make_folder

STALE_SECONDS = 24 * 3600.0  # a foreign host's temporary file younger than this may still be written to


@contextlib.contextmanager
def writing(path: Path, *, alone: bool = False) -> Iterator[Path]:
    """Write a file atomically: give a temporary name beside `path`; rename it to `path` when the block ends well.

    Parameters
    ----------
    path : Path
        The final name. Its folder is made if needed.
    alone : bool, optional
        Give a name in a temporary folder: for libraries that first write under a name of their own beside it, which nobody would know to
        sweep away after a kill (safetensors from 0.8 on).

    Yields
    ------
    Path
        The temporary name, on the same file system. It is removed if the block raises.

    Raises
    ------
    UnavailableError
        If the disk is full or the folder cannot be written to.
    AtWork
        If another process has taken over the folder or the item, since this one seemed dead: it writes nothing any more.
    """
    temporary = path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}.tmp")
    try:
        with disk_errors(path):
            make_folder(path.parent)
            try:
                if alone:
                    temporary.mkdir(exist_ok=True)
                file = temporary / path.name if alone else temporary
                file.touch()
                mode = stat.S_IMODE(file.stat().st_mode)  # what the umask says; some libraries make files that their owner alone may read
                yield file
                file.chmod(mode)
                with file.open("rb+") as written:
                    os.fsync(written.fileno())
                require_held(path)
                file.replace(path)
                _sync_folder(path.parent)
            finally:
                _remove(temporary)
    except Exception:
        require_held(path)  # who took over has swept the temporary file, or the folder, away
        raise


def _sync_folder(folder: Path) -> None:
    # Without it a power cut may forget the new name; some network file systems cannot sync a folder.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove(temporary: Path) -> None:
    if temporary.is_dir():
        shutil.rmtree(temporary, ignore_errors=True)
    else:
        temporary.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove temporary files and folders below `folder` that no living process can still be writing."""
    host = socket.gethostname()
    for temporary in list(folder.rglob(".*.tmp")):  # a folder that is removed must not be walked
        parts = temporary.name.rsplit(".", 3)
        if len(parts) != 4 or not parts[2].isdigit():
            continue
        ours = temporary.name.endswith(f".{host}.{parts[2]}.tmp")
        with contextlib.suppress(OSError):
            abandoned = not _alive(int(parts[2])) if ours else time.time() - temporary.stat().st_mtime > STALE_SECONDS
            if abandoned:
                _remove(temporary)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError):
        # In a container nobody may collect the dead: a zombie still has its number.
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    return True


def write_text(path: Path, text: str) -> None:
    """Write a text file that is whole or absent."""
    with writing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write JSON with sorted keys, so that equal content is equal bytes; NaN becomes null."""
    dump = functools.partial(json.dumps, plain(value), indent=2, sort_keys=True, allow_nan=False)
    text = dump(ensure_ascii=False)
    if not text.isascii() and re.search("[\ud800-\udfff]", text):
        # A path whose bytes are no UTF-8 is held as lone surrogates, which only the escapes of JSON can keep.
        text = dump(ensure_ascii=True)
    write_text(path, text + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    ArtifactError
        If the file is missing or is no JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: not found", cause="damaged") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ArtifactError(f"{path}: not JSON ({error})", cause="damaged") from error
    except OSError as error:
        raise unreadable(path, error, f"cannot be read ({error.strerror})") from error
    if not isinstance(value, dict):
        raise ArtifactError(f"{path}: not a JSON object", cause="damaged")
    return value


def plain(value: Any) -> Any:
    """Convert NumPy scalars, arrays, paths and tuples to what JSON knows; NaN and infinities as null."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
