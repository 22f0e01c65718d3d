"""Origin of a training: the run whose weights it begins with, and what of them it takes over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from eegcli.artifacts.cleaning import require_alike
from eegcli.artifacts.network import ModelDescription, Network, said_differences
from eegcli.artifacts.remote_windows import AnyWindows
from eegcli.artifacts.run import Run, open_run
from eegcli.errors import InputError, UsageError, counted, listed
from eegcli.files.digest import digest_of
from eegcli.reporter import Reporter
from eegcli.settings import TrainSettings
from eegcli.study.persons import People, unknown_persons
from eegcli.study.sets import TEST
from eegcli.train.split.split import Split

if TYPE_CHECKING:
    from torch import nn

    from eegcli.models.code import Code

# What two networks have to share for the weights of one to mean the same in the other, and how it is made the same.
SHARED = {
    "arch": "Name it with --arch.",
    "foreign": "Name the same code with --arch.",
    "options": "Give them with --set.",
    "representation": "Cut the windows in the same representation.",
    "units": "Bring the windows in the same unit.",
    "sfreq": "Filters learnt at one rate mean other frequencies at another: clean with --resample to the same rate.",
    "bands": "Cut the windows in the same bands.",
    "align": "Give the same --align.",
}


@dataclass(frozen=True)
class Origin:
    """Run whose weights a training begins with.

    Attributes
    ----------
    run : Run
    networks : mapping of (int, int) to Network
        Network of that run for each fold and seed of the training.
    cleaned_otherwise : tuple of str
        How its windows were cleaned otherwise than those of the training, in words; empty before they were `compared`.
    """

    run: Run
    networks: Mapping[tuple[int, int], Network]
    cleaned_otherwise: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Digest of the weights that are begun with."""
        return digest_of({f"{fold}/{seed}": network.description.weights for (fold, seed), network in sorted(self.networks.items())})

    def seen(self, folds: Sequence[int]) -> dict[str, np.ndarray]:
        """Data set and label of everybody by whom the networks of some folds of the run, or those that these began with, were trained or chosen."""
        rows = self.run.seen_rows(folds)
        return {name: np.concatenate([rows[name], self.run.ancestors[name]]) if self.run.ancestors else rows[name] for name in rows}

    @property
    def all_seen(self) -> dict[str, np.ndarray]:
        """Everybody seen by any of the networks that are begun with."""
        return self.seen(sorted({network.fold for network in self.networks.values()}))

    def compared(self, windows: AnyWindows, *, allowed: bool, reporter: Reporter) -> Origin:
        """The origin, with how its windows were cleaned otherwise than those of the training.

        Raises
        ------
        InputError
            If they were, unless that is allowed.
        """
        pair = (self.run.path, self.run.cleaning), (windows.path, windows.cleaning)
        return replace(self, cleaned_otherwise=require_alike(*pair, allowed=allowed, reporter=reporter, by_name=True))


def origin_of(settings: TrainSettings, n_folds: int) -> Origin | None:
    """Open the run whose weights a training begins with; None without one.

    Parameters
    ----------
    settings : TrainSettings
    n_folds : int
        Folds of the training.

    Raises
    ------
    UsageError
        If something is said of such a run and none is named, or it has no such network.
    InputError
        If nobody says which of its networks is meant.
    """
    if settings.init_from is None:
        about = {"--freeze": settings.freeze, "--init-network": settings.init_network, "--allow-differences": settings.allow_differences}
        for flag, value in about.items():
            if value:
                raise UsageError(f"{flag} is about weights that come from another run", hint="Name it with --init-from.")
        return None
    run = open_run(settings.init_from)
    run.check_weights()
    n_seeds, found = settings.seeds, {(network.fold, network.seed): network for network in run}
    there = [1 + max(key[axis] for key in found) for axis in (0, 1)]
    if settings.init_network is not None:
        chosen = _named(settings.init_network, found, run)
        return Origin(run, {(fold, seed): chosen for fold in range(n_folds) for seed in range(n_seeds)})
    if there[0] not in (1, n_folds) or (there[1] != 1 and there[1] < n_seeds):
        raise InputError(
            f"{run.path} has {counted(there[0], 'fold')} of {counted(there[1], 'seed')}, and {counted(n_folds, 'fold')} of {counted(n_seeds, 'seed')} are to begin with them",
            hint="Name one of its networks by fold and seed: --init-network 0,0.",
        )
    key = {axis: (lambda number: 0) if there[axis] == 1 else (lambda number: number) for axis in (0, 1)}
    return Origin(run, {(fold, seed): found[key[0](fold), key[1](seed)] for fold in range(n_folds) for seed in range(n_seeds)})


def _named(text: str, found: Mapping[tuple[int, int], Network], run: Run) -> Network:
    try:
        fold, seed = (int(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"--init-network {text}: fold and seed are needed, e.g. 0,2") from error
    if (fold, seed) not in found:
        raise UsageError(
            f"--init-network {text}: {run.path} has no such network", hint=f"It has {listed([f'{f},{s}' for f, s in found], 6)}."
        )
    return found[fold, seed]


def require_unseen(origin: Origin, splits: Sequence[Split], people: People) -> None:
    """Check that nobody is tested by whom the weights that a training begins with were trained or chosen.

    Parameters
    ----------
    origin : Origin
    splits : sequence of Split
        Of the training.
    people : People
        Who is the same person, as the training knows it; what the run knows counts as well.

    Raises
    ------
    InputError
        Naming them; or if nobody knows whose windows were learnt from.
    """
    for fold, split in enumerate(splits):
        seen = origin.seen(sorted({network.fold for (own, _), network in origin.networks.items() if own == fold}))
        tested = split.groups.member[split.windows(TEST)]
        table = {name: split.groups.table[name][np.unique(tested)] for name in ("dataset", "subject")}
        if not len(table["subject"]):
            continue
        if unknown_persons(seen) or unknown_persons(table):
            whose = origin.run.path if unknown_persons(seen) else "these windows"
            raise InputError(
                f"--init-from {origin.run.path}: nobody knows whose {whose} are, so whoever is tested may have been learnt from",
                hint="Import the windows with their subjects.",
            )
        found = sorted({person for rule in (people, origin.run.people) for person in set(rule.of(seen)) & set(rule.of(table))})
        if found:
            names = listed([label for _, label in found], 3, count=True)
            raise InputError(
                f"--init-from {origin.run.path}: its networks have seen {len(found)} of the tested subjects{_fold(fold, splits)} ({names})",
                hint="Test on others (--split-file, --holdout), or train that run without them.",
            )


def _fold(fold: int, splits: Sequence[Split]) -> str:
    return f" of fold {fold}" if len(splits) > 1 else ""


@dataclass(frozen=True)
class Plan:
    """Plan of what a network takes over.

    Attributes
    ----------
    anew : tuple of str
        Weights that are drawn anew, by name.
    channel_axis : mapping of str to int
        Where channels are taken over by name; empty where they are the same.
    ours, theirs : tuple of str
        Channels here and there.
    same_question : bool
        The target is the same: the last layer is taken over.
    """

    anew: tuple[str, ...]
    channel_axis: Mapping[str, int]
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    same_question: bool

    @property
    def facts(self) -> dict[str, Any]:
        """Entries of metrics.json: what is drawn anew, and which channels."""
        return {
            "drawn_anew": list(self.anew),
            "channels_drawn_anew": [name for name in self.ours if name not in self.theirs] if self.channel_axis else [],
            "channels_left_out": [name for name in self.theirs if name not in self.ours] if self.channel_axis else [],
        }

    def tell(self, reporter: Reporter) -> None:
        """Say what is not taken over."""
        for key, said in (
            ("drawn_anew", "drawn anew, not taken over"),
            ("channels_drawn_anew", "channels that the run does not have, drawn anew"),
            ("channels_left_out", "channels of the run that are not in these windows, left out"),
        ):
            if names := self.facts[key]:
                reporter.info(f"--init-from: {said}: {listed(names, 6, count=True)}")


def plan_of(ours: ModelDescription, theirs: ModelDescription, code: Code | None, shapes: Mapping[str, tuple[int, ...]]) -> Plan:
    """Plan what a network takes over from another.

    Parameters
    ----------
    ours, theirs : ModelDescription
    code : Code or None
        Of a foreign network.
    shapes : mapping of str to tuple of int
        Of the weights of the other network.

    Raises
    ------
    InputError
        If their weights mean something else, or do not fit.
    """
    _require_alike(ours, theirs)
    same_question = _same_question(ours, theirs)
    network = _network(ours, code)
    here = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    last = _last_layer(ours, code, network)
    axis = _channel_axis(ours, theirs, code)
    anew = [name for name in here if name in last and not same_question]
    for name, shape in here.items():
        other = shapes.get(name)
        if other is None:
            raise InputError(f"--init-from: the run has no weights {name}", hint="Its code or its version is another one.")
        if name in axis:
            size, n = axis[name], len(theirs.ch_names)
            fits = (*shape[:size], n, *shape[size + 1 :]) == other
        else:
            fits = shape == other
        if fits or name in anew:
            continue
        if name not in last:
            raise InputError(
                f"--init-from: {name} has the shape {_times(shape)} for these windows ({ours.n_times} samples), and {_times(other)} in the run ({theirs.n_times})",
                hint="Cut the windows to the same length (--length), or take an architecture whose filters do not depend on it.",
            )
        anew += [other for other in here if other in last]
        same_question = False
    return Plan(tuple(dict.fromkeys(anew)), axis, ours.ch_names, theirs.ch_names, same_question)


def _require_alike(ours: ModelDescription, theirs: ModelDescription) -> None:
    for name, hint in SHARED.items():
        one, two = getattr(ours, name), getattr(theirs, name)
        if name in ("options", "foreign"):
            one, two = dict(one or {}), dict(two or {})
        if one == two:
            continue
        said = said_differences(two, one) if isinstance(one, dict) and one and two else f"{two or 'none'}, here {one or 'none'}"
        raise InputError(f"--init-from: the run has another {name}: {said}", hint=hint)
    how = [(one.input_scaler or {"how": "none"})["how"] for one in (ours, theirs)]
    if how[0] != how[1]:
        raise InputError(f"--init-from: the run normalises its windows by {how[1]}, here by {how[0]}", hint=f"Give --normalise {how[1]}.")


def _same_question(ours: ModelDescription, theirs: ModelDescription) -> bool:
    if (ours.kind, ours.head, ours.n_outputs) != (theirs.kind, theirs.head, theirs.n_outputs):
        return False
    return ours.classes == theirs.classes if ours.kind == "classification" else ours.target == theirs.target


def _last_layer(ours: ModelDescription, code: Code | None, network: nn.Module) -> set[str]:
    from eegcli.models.carry import layers_of_outputs

    if ours.foreign is None:
        return {name for name in network.state_dict() if name.startswith("final_layer.")}
    return layers_of_outputs(lambda n: _network(replace(ours, n_outputs=n), code), ours.n_outputs)


def _channel_axis(ours: ModelDescription, theirs: ModelDescription, code: Code | None) -> dict[str, int]:
    """Axis of the channels in each of the weights that have one, where the channels are not the same; empty where they are."""
    from eegcli.models.carry import axis_of_channels

    if ours.ch_names == theirs.ch_names or "n_chans" not in ours.axes:
        return {}
    if not set(ours.ch_names) & set(theirs.ch_names):
        raise InputError(f"--init-from: no channel of the run is in these windows (it has {listed(theirs.ch_names, 6, count=True)})")

    def build(n_chans: int) -> nn.Module:
        names = tuple(f"{place}" for place in range(n_chans))
        return _network(replace(ours, shape=(n_chans, *ours.shape[1:]), ch_names=names), code)

    axis = axis_of_channels(build, len(ours.ch_names))
    if axis is None:
        raise InputError(
            f"--init-from: the channels are others, or in another order, and {ours.arch} has no weights of a channel's own (the run has {listed(theirs.ch_names, 6, count=True)})",
            hint="Pick the same channels in the same order (preprocess --channels), or take a network with spatial filters, such as eegnet.",
        )
    return axis


def _network(description: ModelDescription, code: Code | None) -> nn.Module:
    """Network whose weights a run stores; the global generator is left as it is."""
    import torch

    from eegcli.models.weights import stored

    with torch.random.fork_rng(devices=[]):
        return stored(replace(description, input_scaler=None).build(code))


def _times(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
