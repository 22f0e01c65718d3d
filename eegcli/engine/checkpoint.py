"""Checkpoint of a training: everything an exact resume needs, in one file that is replaced as a whole."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from eegcli.files.atomic import write_json, writing
from eegcli.files.causes import unreadable

NAME = "checkpoint/checkpoint.safetensors"
PROGRESS = "checkpoint/.progress.json"  # hidden: it is no work that could be lost


@dataclass
class Progress:
    """Progress of a training. The order of the batches is a function of seed and epoch and need not be kept.

    Attributes
    ----------
    epoch : int
        Epochs that are finished, with their validation.
    batch : int
        Batches of the epoch after them that are done.
    sums : torch.Tensor, shape (2,)
        Loss (times windows) and correct predictions, summed over these batches; on the training's device.
    history : list of dict
        A row per finished epoch.
    kept_epoch : int
        The best so far, counted from 1; 0 before the first is finished.
    best : dict of str to torch.Tensor
        Weights of that epoch, on the CPU.
    """

    sums: torch.Tensor
    epoch: int = 0
    batch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    kept_epoch: int = 0
    best: dict[str, torch.Tensor] = field(default_factory=dict)


def save(path: Path, progress: Progress, model: nn.Module, optimizer: torch.optim.Optimizer, *, device: torch.device, threads: int) -> None:
    """Write a checkpoint; the one before it stays until this one is whole.

    Parameters
    ----------
    path : Path
        Path of the file.
    progress, model, optimizer
        What is kept; with it the random states of the CPU and of `device`.
    device : torch.device
        Device on which the training runs.
    threads : int
        With how many threads.
    """
    tensors = {"sums": progress.sums, "random.cpu": torch.get_rng_state()}
    if device.type == "cuda":
        tensors["random.cuda"] = torch.cuda.get_rng_state(device)
    tensors |= {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in progress.best.items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items() if value is not None}
    metadata = {
        "epoch": progress.epoch,
        "batch": progress.batch,
        "history": progress.history,
        "kept_epoch": progress.kept_epoch,
        "device": device.type,
        "threads": threads,
    }
    with writing(path) as temporary:
        # One key: the order of several in the header of the file is not defined.
        save_file({name: value.detach().cpu().contiguous() for name, value in tensors.items()}, temporary, {"eegcli": json.dumps(metadata)})


def note(folder: Path, progress: Progress, *, epochs: int, seconds_per_epoch: float) -> None:
    """Note how far a training is, for whoever asks meanwhile; nothing is resumed from it.

    Parameters
    ----------
    folder : Path
        The network's.
    progress : Progress
    epochs : int
        How many there will be.
    seconds_per_epoch : float
    """
    best = progress.history[progress.kept_epoch - 1]
    write_json(folder / PROGRESS, {"epoch": progress.epoch, "epochs": epochs, "best": best, "seconds_per_epoch": seconds_per_epoch})


def restore(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, *, device: torch.device
) -> tuple[Progress, dict[str, Any]] | None:
    """Put a checkpoint's state back into model, optimizer and random generators.

    Parameters
    ----------
    path : Path
        Path of the file.
    model, optimizer
        Changed in place.
    device : torch.device
        Device on which the training runs.

    Returns
    -------
    (Progress, dict) or None
        How far the training was, and the ``device`` and ``threads`` it ran with; None if there is no checkpoint.

    Raises
    ------
    ArtifactError
        If the file is damaged or of another network.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, "pt") as file:
            metadata: dict[str, Any] = json.loads(file.metadata()["eegcli"])
        tensors = load_file(path)
        model.load_state_dict(_below("model.", tensors))
        states: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in _below("optimizer.", tensors).items():
            index, _, slot = name.partition(".")
            states.setdefault(int(index), {})[slot] = value
        optimizer.load_state_dict({"state": states, "param_groups": optimizer.state_dict()["param_groups"]})
        torch.set_rng_state(tensors["random.cpu"])
        if device.type == "cuda" and "random.cuda" in tensors:
            torch.cuda.set_rng_state(tensors["random.cuda"], device)
        progress = Progress(
            sums=tensors["sums"].to(device),
            epoch=metadata["epoch"],
            batch=metadata["batch"],
            history=metadata["history"],
            kept_epoch=metadata["kept_epoch"],
            best=_below("best.", tensors),
        )
    except (OSError, SafetensorError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise unreadable(path, error, "damaged, or of another network", hint="Start again with --force.") from error
    return progress, {"device": metadata["device"], "threads": metadata["threads"]}


def _below(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
