"""Control groups of this process (a container, a systemd unit, a Slurm job): the folders in which Linux states their limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def control_groups(controller: str, root: Path = Path("/")) -> Iterator[tuple[int, Path]]:
    """Folders of the groups that this process is in, and of those above them.

    Parameters
    ----------
    controller : str
        ``cpu`` or ``memory``.
    root : Path
        Of the file system, for tests.

    Yields
    ------
    version : int
        1 or 2: their files have other names.
    folder : Path
    """
    for line in lines_of(root / "proc/self/cgroup"):
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0":
            yield from ((2, level) for level in _levels(root / "sys/fs/cgroup", path))
        elif controller in controllers.split(","):
            yield from ((1, level) for level in _levels(root / "sys/fs/cgroup" / controller, path))


def lines_of(path: Path) -> list[str]:
    """Lines of a file of the system; none where it cannot be read."""
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []


def _levels(mount: Path, path: str) -> list[Path]:
    """Folders of a control group and of those above it; inside a container the path may be that of the host, and the mount its own."""
    group = mount / path.strip("/")
    return [level for level in (group, *group.parents) if level == mount or mount in level.parents]
