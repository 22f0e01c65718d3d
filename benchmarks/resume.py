"""Benchmark of exact resume: trainings that are killed anywhere and run again, work that is lost, what checkpoints cost, time from SIGTERM to the end.

Five networks with two optimisers each; every kill is a real one, of a process of its own. Nothing else is measured than what `eegcli train` does: the
process notes in shared memory when it has made a checkpoint, and some kill themselves at a place that no clock would find.

    python benchmarks/resume.py [--json] [--quick] [--folder FOLDER] [--networks eegnet,...] [--kills 20]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import mmap
import os
import random
import shutil
import signal
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import h5py  # noqa: F401 (before the first fork)
import pyarrow.parquet  # noqa: F401
import sklearn.model_selection  # noqa: F401
import torch
import torch._dynamo  # torch.optim imports it where it is first used, which costs each process a second

from eegcli import errors, train
from eegcli.artifacts.contents import DONE
from eegcli.engine import checkpoint, ranks
from eegcli.engine.saver import COSTS, Saver
from eegcli.reporter import Silent
from eegcli.settings import TrainSettings
from eegcli.train import network, trainer  # noqa: F401 (imported before the first fork)

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.kit.cohorts import windows
from tests.kit.files import contents

NETWORKS = ("eegnet", "shallow", "deepconvnet", "vgg", "covwave")
OPTIMIZERS = ("adam", "sgd")
INTERVAL = 0.25  # seconds between checkpoints of the kills
NOTES = struct.Struct("7d")


@dataclass
class Notes:
    """Notes of a training in memory that it shares with the one who kills it: times are monotonic, s.

    Attributes
    ----------
    begun : float
        When the first batch could begin.
    saved, cost : float
        When the state was complete that the last whole checkpoint holds, and how long writing it took.
    n, spent : float
        Number of checkpoints, and time for all of them.
    batch : float
        Longest time between two looks at the clock.
    looked : float
        When the last look was over: what is done since is less than a batch.
    """

    begun: float = 0.0
    saved: float = 0.0
    cost: float = 0.0
    n: float = 0.0
    spent: float = 0.0
    batch: float = 0.0
    looked: float = 0.0


class Shared:
    """Shared memory for `Notes`."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, NOTES.size)

    def read(self) -> Notes:
        """Read what the training has noted last."""
        return Notes(*NOTES.unpack(self._memory[:]))

    def write(self, notes: Notes) -> None:
        """Note how far the training is."""
        self._memory[:] = NOTES.pack(*vars(notes).values())


@contextlib.contextmanager
def noted(shared: Shared) -> Iterator[None]:
    """Note what a training does in this process."""
    notes, save, look, begin = Notes(), checkpoint.Checkpoint.save, Saver.save_if_due, Saver.begin

    def saving(self: checkpoint.Checkpoint) -> None:
        start = time.monotonic()
        save(self)
        end = time.monotonic()
        notes.saved, notes.cost, notes.n, notes.spent = start, end - start, notes.n + 1, notes.spent + end - start
        shared.write(notes)

    def looking(self: Saver) -> None:
        notes.batch = max(notes.batch, time.monotonic() - notes.looked)
        look(self)
        notes.looked = time.monotonic()
        shared.write(notes)

    def beginning(self: Saver) -> None:
        begin(self)
        notes.looked = notes.begun = time.monotonic()
        notes.saved = notes.saved or notes.begun  # what it went on from is all that there was
        shared.write(notes)

    with mock.patch.multiple(checkpoint.Checkpoint, save=saving), mock.patch.multiple(Saver, save_if_due=looking, begin=beginning):
        yield


def die(*_: object) -> None:
    """Kill this process."""
    os.kill(os.getpid(), signal.SIGKILL)


@contextlib.contextmanager
def dying(place: str | None, chance: random.Random) -> Iterator[None]:
    """Kill this very process at a place in the code, the first, second or third time that it comes there."""
    left = [chance.randrange(1, 4)]

    def now() -> bool:
        left[0] -= 1
        return left[0] == 0

    def half_written(tensors: Any, path: Path, metadata: Any) -> None:
        write(tensors, path, metadata)
        if now():
            content = path.read_bytes()
            path.write_bytes(content[: chance.randrange(len(content))])
            die()

    def written(tensors: Any, path: Path, metadata: Any) -> None:
        write(tensors, path, metadata)
        if now():
            die()

    def looked(*arguments: Any) -> Iterator[Any]:
        for part in batches(*arguments):
            if now():
                die()
            yield part

    def ended(self: checkpoint.Progress) -> None:
        next_epoch(self)
        if now():
            die()

    write, batches, next_epoch = checkpoint.save_file, ranks.output_batches, checkpoint.Progress.next_epoch
    patches: dict[str | None, Any] = {
        None: contextlib.nullcontext(),
        "in the write": mock.patch.object(checkpoint, "save_file", half_written),
        "before the rename": mock.patch.object(checkpoint, "save_file", written),
        "in validation": mock.patch.object(ranks, "output_batches", looked),
        "at an epoch's end": mock.patch.object(checkpoint.Progress, "next_epoch", ended),
        "after the last step": mock.patch.object(network, "_write", die),
    }
    with patches[place]:
        yield


class Trial:
    """A training in processes of its own, which end or are ended.

    Parameters
    ----------
    settings : dict
        Of `TrainSettings`, without the output.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings, self.shared = settings, Shared()

    def begin(self, output: Path, place: str | None = None, chance: random.Random | None = None) -> int:
        """Fork a process that trains; nothing is imported again. Its number, once the first batch may begin."""
        self.shared.write(Notes())
        process = os.fork()
        if process == 0:
            code = 1
            try:
                with noted(self.shared), dying(place, chance or random.Random(0)):
                    train.run(TrainSettings(output=output, **self.settings), reporter=Silent())
                code = 0
            except errors.EegcliError as error:
                code = error.exit_code
                if not isinstance(error, errors.Stopped):
                    print(error, file=sys.stderr)
            finally:
                os._exit(code)
        while not self.shared.read().begun and os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            time.sleep(0.002)
        return process

    def whole(self, output: Path) -> float:
        """Train to the end; the seconds that it took from the first batch on."""
        assert ended(self.begin(output)) == 0
        return time.monotonic() - self.shared.read().begun


def ended(process: int) -> int:
    """Exit code of a process; minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


@dataclass
class Killed:
    """Cost of a kill: lost work, what could be lost at most, and time from a signal to the end (s)."""

    lost: float
    bound: float
    to_the_end: float | None = None


def kill(trial: Trial, output: Path, how: signal.Signals, after: float) -> Killed | None:
    """Begin, and end it by a signal some seconds after the first batch; None if it had ended by itself."""
    process = trial.begin(output)
    time.sleep(after)
    sent = time.monotonic()
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, how)
    code, end = ended(process), time.monotonic()
    if code == 0 or (code == -how != -signal.SIGKILL and (output / DONE).exists()):  # it was over, and caught no signals any more
        return None
    if how == signal.SIGKILL:
        return cost_of(trial, sent)
    assert code == (130 if how == signal.SIGINT else 75), code
    return Killed(0.0, INTERVAL, end - sent)


def cost_of(trial: Trial, moment: float) -> Killed:
    """Cost of a kill at a moment: the work since the state that the last whole checkpoint holds."""
    notes = trial.shared.read()
    work = moment - notes.saved if notes.begun else 0.0  # there was none yet: it died in writing that of the start
    # An interval, as a slow disk makes it longer; the batch in which it ends, and the write.
    left_to_save = COSTS * notes.spent - (notes.saved - notes.begun)
    bound = max(INTERVAL, COSTS * notes.cost, left_to_save) + max(notes.batch, moment - notes.looked) + 2 * notes.cost
    return Killed(max(work, 0.0), bound)


def once(trial: Trial, output: Path, kind: str, places: list[str], longest: float, chance: random.Random) -> Killed | None:
    """Kill a training once; None if it ended before."""
    if kind not in places:
        return kill(trial, output, signal.Signals[kind] if kind.startswith("SIG") else signal.SIGKILL, chance.uniform(0.0, longest))
    code, now = ended(trial.begin(output, kind, random.Random(chance.random()))), time.monotonic()
    return cost_of(trial, now) if code == -signal.SIGKILL else None


def kills(folder: Path, settings: dict[str, Any], n: int, chance: random.Random) -> dict[str, Any]:
    """Kill trainings of a network at random moments and at named places; each is run again, and held against an undisturbed one."""
    trial = Trial(settings)
    lasts, whole = trial.whole(folder / "whole"), contents(folder / "whole", without=("settings.json", "done.json"))
    places = ["in the write", "before the rename", "in validation", "at an epoch's end", "after the last step"]
    how = [*places, "in the write", "in validation", "twice", "twice", "moved", *("SIGTERM", "SIGUSR1", "SIGUSR2", "SIGINT")]
    how = [*how, *["SIGKILL"] * max(n - len(how), 0)] if n >= len(how) else chance.sample([*how, "SIGKILL"], n)
    found: Counter[str] = Counter()
    costs: list[Killed] = []
    for number, kind in enumerate(how):
        output = folder / f"trial-{number}"
        for _ in range(2 if kind == "twice" else 1):
            share = 0.8
            while (killed := once(trial, output, kind, places, share * lasts, chance)) is None:  # the machine was faster this time
                shutil.rmtree(output)
                share /= 2
            costs.append(killed)
        if kind == "moved":
            output = output.rename(folder / f"moved-{number}")
        trial.whole(output)
        same = contents(output, without=("settings.json", "done.json")) == whole
        found["identical" if same else "OTHER BYTES"] += 1
        found["temporary files left"] += sum(".tmp" in file.name for file in output.rglob("*"))
        found.update([kind])
        shutil.rmtree(output)
    lost, told = ([cost for cost in costs if (cost.to_the_end is None) is is_lost] for is_lost in (True, False))
    return {
        "kills": len(costs),
        "runs": len(how),
        **found,
        "seconds_undisturbed": round(lasts, 2),
        "lost_seconds_most": round(max((cost.lost for cost in lost), default=0.0), 3),
        "lost_of_bound_most": round(max((cost.lost / cost.bound for cost in lost), default=0.0), 3),
        "seconds_from_signal_to_end_most": round(max((cost.to_the_end or 0.0 for cost in told), default=0.0), 3),
    }


def cost(folder: Path, arch: str, data: Path, seconds: float) -> dict[str, float]:
    """Share of the time that checkpoints take at the default interval, and the time that SIGTERM takes then."""
    trial = Trial({"windows": data, "arch": arch, "device": "cpu", "threads": 1, "no_baseline": True, "epochs": 10_000})
    process = trial.begin(folder / f"cost-{arch}")
    time.sleep(seconds)
    notes, sent = trial.shared.read(), time.monotonic()
    os.kill(process, signal.SIGTERM)
    code = ended(process)
    return {
        "code": code,
        "seconds": round(sent - notes.begun, 1),
        "checkpoints": int(notes.n),
        "seconds_each": round(notes.spent / notes.n, 4),
        "percent": round(100 * notes.spent / (sent - notes.begun), 3),
        "longest_batch": round(notes.batch, 3),
        "seconds_from_SIGTERM_to_end": round(time.monotonic() - sent, 3),
    }


def measure(folder: Path, *, networks: tuple[str, ...], quick: bool, n: int, say: Callable[[str], None]) -> dict[str, Any]:
    """All tables."""
    torch.set_num_threads(1)
    small = windows(folder / "small-windows", subjects=range(12), n_windows=5)
    result: dict[str, Any] = {"kills": {}, "cost": {}}
    for arch in networks:
        for optimizer in OPTIMIZERS[:1] if quick else OPTIMIZERS:
            settings = {"windows": small, "arch": arch, "optimizer": optimizer, "lr": 0.001, "batch_size": 10, "threads": 1}
            settings["epochs"] = 4 if quick or arch == "vgg" else 12
            settings |= {"device": "cpu", "no_baseline": True, "checkpoint_minutes": INTERVAL / 60}
            own = folder / f"{arch}-{optimizer}"
            own.mkdir()
            result["kills"][f"{arch}, {optimizer}"] = found = kills(own, settings, n, random.Random(f"{arch} {optimizer}"))
            say(f"{arch}, {optimizer}: {found}")
    large = windows(
        folder / "large-windows",
        n_windows=6 if quick else 40,
        ch_names=[f"E{i}" if i > 1 else ("Pz", "Fz")[i] for i in range(24)],
        n_times=256,
    )
    for arch in NETWORKS[:1] if quick else ("eegnet", "vgg"):
        result["cost"][arch] = found = cost(folder, arch, large, 3.0 if quick else 130.0)
        say(f"cost of {arch}: {found}")
    tables = list(result["kills"].values())
    result["total"] = {
        "kills": sum(table["kills"] for table in tables),
        "runs": sum(table["runs"] for table in tables),
        "identical": sum(table.get("identical", 0) for table in tables),
        "lost_of_bound_most": max(table["lost_of_bound_most"] for table in tables),
        "checkpoint_percent_most": max(table["percent"] for table in result["cost"].values()),
    }
    return result


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--quick", action="store_true", help="two networks, three kills each")
    parser.add_argument("--networks", help=f"{','.join(NETWORKS)} unless told, the first two with --quick")
    parser.add_argument("--kills", type=int, help="of each network and optimiser; 20 unless told, 3 with --quick")
    parser.add_argument("--folder", type=Path, help="where the runs are written; a temporary one unless told")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="eegcli-resume-")))
        folder.mkdir(parents=True, exist_ok=True)
        n = arguments.kills or (3 if arguments.quick else 20)
        networks = tuple(arguments.networks.split(",")) if arguments.networks else NETWORKS[: 2 if arguments.quick else None]
        result = measure(folder, networks=networks, quick=arguments.quick, n=n, say=lambda text: print(text, file=sys.stderr, flush=True))
    print(json.dumps(result, indent=None if arguments.json else 2))


if __name__ == "__main__":
    main()
