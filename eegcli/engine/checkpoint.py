"""Checkpoint of a training: everything an exact resume needs, in one file that is replaced as a whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
import xxhash
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from eegcli.errors import ArtifactError
from eegcli.files.atomic import write_json, writing
from eegcli.files.causes import unreadable
from eegcli.version import __version__

FORMAT = 1  # raised when a checkpoint of before would be read and not be understood
NAME = "checkpoint/checkpoint.safetensors"
PROGRESS = "checkpoint/.progress.json"  # hidden: it is no work that could be lost


class Part(Protocol):
    """Part of a training that a checkpoint holds."""

    def tensors(self) -> dict[str, torch.Tensor]:
        """Its tensors, by name."""
        ...

    def facts(self) -> dict[str, Any]:
        """Facts beside its tensors, as JSON knows them."""
        ...

    def load(self, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
        """Put back what `tensors` and `facts` gave."""
        ...


@dataclass
class Progress:
    """Progress of a training: how far it is. The order of the batches is a function of seed and epoch and need not be kept.

    Attributes
    ----------
    sums : torch.Tensor, shape (2,)
        Loss (times windows) and correct predictions, summed over the batches of this epoch; on the training's device.
    epoch : int
        Epochs that are finished, with their validation.
    batch : int
        Batches of the epoch after them that are done.
    outputs : dict of str to list of ndarray, each of shape (n, n_outputs)
        Outputs for the sets that are looked at after those batches, as far as that is: a validation may take longer than the time between
        two checkpoints.
    """

    sums: torch.Tensor
    epoch: int = 0
    batch: int = 0
    outputs: dict[str, list[NDArray[np.float64]]] = field(default_factory=dict)

    @classmethod
    def at_the_start(cls, device: torch.device) -> Progress:
        """Nothing is done yet."""
        return cls(torch.zeros(2, dtype=torch.float32 if device.type == "mps" else torch.float64, device=device))

    def next_epoch(self) -> None:
        """Count the epoch as finished."""
        self.epoch, self.batch = self.epoch + 1, 0
        self.sums.zero_()
        self.outputs.clear()

    def tensors(self) -> dict[str, torch.Tensor]:
        """Sums of the epoch, and outputs."""
        outputs = {f"outputs.{name}": torch.from_numpy(np.concatenate(parts)) for name, parts in self.outputs.items() if parts}
        return {"sums": self.sums, **outputs}

    def facts(self) -> dict[str, Any]:
        """Epochs and batches."""
        return {"epoch": self.epoch, "batch": self.batch}

    def load(self, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
        """Put back what `tensors` and `facts` gave."""
        self.sums.copy_(tensors["sums"])
        self.epoch, self.batch = facts["epoch"], facts["batch"]
        self.outputs = {name.removeprefix("outputs."): [value.numpy()] for name, value in tensors.items() if name != "sums"}


@dataclass(frozen=True)
class RandomStates:
    """States of torch's global random generators: of the CPU and of the device.

    Attributes
    ----------
    device : torch.device
    """

    device: torch.device

    def tensors(self) -> dict[str, torch.Tensor]:
        """State of each generator."""
        states = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            states["cuda"] = torch.cuda.get_rng_state(self.device)
        return states

    def facts(self) -> dict[str, Any]:
        """Nothing beside tensors."""
        return {}

    def load(self, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
        """Put back what `tensors` gave; a generator of a device that was not used then stays as it is."""
        torch.set_rng_state(tensors["cpu"])
        if self.device.type == "cuda" and "cuda" in tensors:
            torch.cuda.set_rng_state(tensors["cuda"], self.device)


@dataclass(frozen=True)
class Checkpoint:
    """Checkpoint of a training.

    Attributes
    ----------
    path : Path
        Path of the file.
    parts : mapping of str to Part
        What it holds, by name.
    made_with : dict
        Device, threads and number of ranks: another of them may change the last bits.
    """

    path: Path
    parts: Mapping[str, Part]
    made_with: dict[str, Any] = field(default_factory=dict)

    def save(self) -> None:
        """Write it; the one before it stays until this one is whole."""
        tensors = {
            f"{part}.{name}": value.detach().cpu().contiguous()
            for part, held in self.parts.items()
            for name, value in held.tensors().items()
        }
        facts = {part: held.facts() for part, held in self.parts.items()} | {
            "made_with": {**self.made_with, "torch": torch.__version__},
            "format": FORMAT,
            "eegcli": __version__,
        }
        with writing(self.path, alone=True) as temporary:
            # One key: the order of several in the header of the file is not defined.
            save_file(tensors, temporary, {"eegcli": json.dumps(facts | {"digest": _digest(tensors, facts)})})

    def restore(self) -> dict[str, Any] | None:
        """Put its state back into the parts, in place.

        Returns
        -------
        dict or None
            What it was `made_with`, and by which version of ``torch``; None if there is no checkpoint.

        Raises
        ------
        ArtifactError
            If the file is damaged, of another network, or of a version of eegcli that keeps other things.
        """
        if not self.path.exists():
            return None
        again = f"Remove it, and this network begins again: rm {self.path}"
        try:
            with safe_open(self.path, "pt") as file:
                facts: dict[str, Any] = json.loads(file.metadata()["eegcli"])
            found, kept = facts.get("format"), set(facts) - {"made_with", "format", "eegcli", "digest"}
            if found != FORMAT or kept != set(self.parts):
                raise ArtifactError(
                    f"{self.path}: a checkpoint of another version of eegcli ({facts.get('eegcli', 'an earlier one')}), which kept other things",
                    hint=again,
                )
            tensors = load_file(self.path)
            if facts.pop("digest") != _digest(tensors, facts):
                raise ValueError("its content is not what was written")
            for part, held in self.parts.items():
                own = {name.removeprefix(f"{part}."): value for name, value in tensors.items() if name.startswith(f"{part}.")}
                held.load(own, facts[part])
            made_with: dict[str, Any] = facts["made_with"]
        except (OSError, SafetensorError, RuntimeError, ValueError, KeyError, TypeError) as error:
            raise unreadable(self.path, error, "damaged, or of another network", hint=again) from error
        return made_with


def _digest(tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> str:
    """Digest of what a checkpoint holds (xxh3-128): a bit that flips on the disk must not become a weight."""
    state = xxhash.xxh3_128(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(tensors):
        state.update(f"{name} {tensors[name].dtype} {tuple(tensors[name].shape)}".encode())
        state.update(tensors[name].reshape(-1).view(torch.uint8).numpy().data)
    return state.hexdigest()


def forget_the_start(folder: Path) -> None:
    """Remove a checkpoint that holds no work: what failed at once must not stand in the way of other settings.

    Parameters
    ----------
    folder : Path
        The network's.
    """
    path = folder / NAME
    if path.exists():
        with safe_open(path, "pt") as file:
            progress = json.loads(file.metadata()["eegcli"])["progress"]
        if progress["epoch"] == progress["batch"] == 0:
            path.unlink()


def note(folder: Path, *, epoch: int, epochs: int, best: Mapping[str, float], seconds_per_epoch: float) -> None:
    """Note how far a training is, for whoever asks meanwhile; nothing is resumed from it.

    Parameters
    ----------
    folder : Path
        The network's.
    epoch, epochs : int
        How many epochs are done, and how many there will be.
    best : mapping
        Row of the kept epoch.
    seconds_per_epoch : float
    """
    write_json(folder / PROGRESS, {"epoch": epoch, "epochs": epochs, "best": dict(best), "seconds_per_epoch": seconds_per_epoch})
