"""Networks of a run: weights, and model.json beside them, which says all that is needed to use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eegcli.artifacts.contents import Contents, changed, read_digest
from eegcli.artifacts.table import StoredTable, read_table
from eegcli.errors import ArtifactError, InputError, counted
from eegcli.files import atomic
from eegcli.files.causes import unreadable
from eegcli.models.head import HEADS, Head
from eegcli.registry import MODELS, REPRESENTATIONS
from eegcli.study.alignment import ALIGNMENTS

if TYPE_CHECKING:
    import torch

    from eegcli.models.code import Code

HISTORY, METRICS, MODEL, DESCRIPTION, TIMING = "history.parquet", "metrics.json", "model.safetensors", "model.json", "timing.parquet"
CLAIM = ".network.claim"  # of the process that trains it
OTHER_WEIGHTS = "missing, damaged or of another architecture"
SHA256_DIGITS = 64
MADE_WITH = "settings_digest"  # in metrics.json: of the run's settings; missing where an earlier version trained the network


@dataclass(frozen=True)
class ModelDescription:
    """Content of model.json: architecture, head, and the windows that the weights beside it take.

    Attributes
    ----------
    arch : str
        A name in `registry.MODELS`, or that of a foreign network (`registry.foreign.Foreign.name`).
    options : mapping
        Options of the architecture beside the shape, defaults included.
    head : str
        A name in `models.head.HEADS`: what the outputs mean.
    n_outputs : int
    axes : tuple of str
        Axes of a window, as `registry.REPRESENTATIONS` names them.
    shape : tuple of int
        Their sizes.
    representation, units : str
        Name of the representation of a window, and unit of its values.
    ch_names : tuple of str
        In the order of the channels.
    sfreq : float
        Sampling frequency, Hz.
    n_times : int
        Samples of a window, whatever was made of them.
    bands : tuple of str
        ``NAME=LOW-HIGH``, Hz; empty where the representation has none.
    target, kind : str
        Column of the windows' table that was learnt; ``classification`` or ``regression``.
    classes : tuple of str
        In the order of the head's predictions; empty for a regression.
    input_scaler : mapping or None
        Normalisation of a window before the network takes it, which the network does itself: ``how`` (`models.normalisation.Normalisation`),
        and for ``train`` ``mean`` and ``scale`` of each channel; None: windows are taken as they are stored.
    target_scaler : mapping or None
        ``mean`` and ``scale`` by which a number was standardised while it was learnt. The weights of the last layer hold
        them already: outputs are in the unit of the target.
    weights : str or None
        Digest of the weights beside it (xxh3-128 of the file); None where it was written before there was one.
    align : str or None
        Alignment by subject, a name in `study.alignment.ALIGNMENTS`, which whoever feeds the network has to do: of windows before it takes them, or of
        its features. None, and not written, without.
    foreign : mapping or None
        Identity of the code of a foreign network (`models.code.Code.identity`); None, and not written, for an architecture of the table.
    """

    arch: str
    options: Mapping[str, Any]
    head: str
    n_outputs: int
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    representation: str
    units: str
    ch_names: tuple[str, ...]
    sfreq: float
    n_times: int
    bands: tuple[str, ...]
    target: str
    kind: str
    classes: tuple[str, ...]
    input_scaler: Mapping[str, Any] | None = None
    target_scaler: Mapping[str, float] | None = None
    weights: str | None = None
    align: str | None = None
    foreign: Mapping[str, Any] | None = None

    @property
    def input(self) -> dict[str, int]:
        """Size of each axis of a window."""
        return dict(zip(self.axes, self.shape, strict=True))

    def build(self, code: Code | None = None) -> torch.nn.Module:
        """The network with fresh weights from torch's global generator.

        Parameters
        ----------
        code : Code, optional
            Code of a foreign network, which a file alone never makes us run: whoever gives it trusts it.

        Raises
        ------
        InputError
            If it is a foreign network and there is no code, or the code fails.
        ArtifactError
            If the code is another one.
        """
        from eegcli.models.normalisation import normalised

        return normalised(self._network(code), self.input_scaler, self.shape)

    def _network(self, code: Code | None) -> torch.nn.Module:
        from eegcli import models

        if self.foreign is not None:
            return self._foreign(code)
        if self.arch not in MODELS:
            raise ArtifactError(
                f"{DESCRIPTION}: the architecture {self.arch!r} is unknown", hint="A newer eegcli, or a plug-in, may know it."
            )
        return models.build(
            self.arch, n_outputs=self.n_outputs, sfreq=self.sfreq, representation=self.representation, **self.input, **self.options
        )

    def _foreign(self, code: Code | None) -> torch.nn.Module:
        from eegcli.models.foreign import build_foreign

        assert self.foreign is not None
        if code is None:
            raise InputError(
                f"{self.arch} is a network of somebody's own, whose code is not run unasked",
                hint="If you trust it: --trust, or in Python eegcli.open_run(path, trust=True).",
            )
        if dict(self.foreign) != dict(code.identity):
            raise ArtifactError(f"{DESCRIPTION}: made with {said_differences(self.foreign, code.identity)}")
        network = build_foreign(code, self.input, n_outputs=self.n_outputs, sfreq=self.sfreq, ch_names=self.ch_names, options=self.options)
        if self.target_scaler is not None:
            network.unit = self.target_scaler["mean"], self.target_scaler["scale"]
        return network

    def write(self, path: Path) -> None:
        """Write model.json into the folder of a network."""
        values = asdict(self)
        for name in ("foreign", "align"):  # older versions read what has no part in their networks as damage
            if values[name] is None:
                del values[name]
        atomic.write_json(path / DESCRIPTION, values)

    @classmethod
    def read(cls, path: Path) -> ModelDescription:
        """Read model.json of a network; of a run made before there was one, what its metrics.json says.

        Raises
        ------
        ArtifactError
            If it lacks something, says something that this version does not know, or contradicts itself.
        """
        if not (path / DESCRIPTION).exists():
            return _consistent(_from_metrics(atomic.read_json(path / METRICS)), f"{path / DESCRIPTION}: missing, and {METRICS}")
        stored = atomic.read_json(path / DESCRIPTION)
        known = {item.name for item in fields(cls)}
        # What is not understood may change the outputs.
        if unknown := sorted(set(stored) - known):
            raise ArtifactError(
                f"{path / DESCRIPTION}: says {', '.join(unknown)}, which this version does not know",
                hint="A newer version made it: update eegcli.",
            )
        values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
        if isinstance(values.get("options"), Mapping):
            values["options"] = {name: tuple(value) if isinstance(value, list) else value for name, value in values["options"].items()}
        try:
            found = cls(**values)
        except TypeError as error:
            missing = sorted(known - set(stored) - {"foreign", "align"})
            raise ArtifactError(f"{path / DESCRIPTION}: lacks {', '.join(missing)}") from error
        if found.head not in HEADS:
            raise ArtifactError(f"{path / DESCRIPTION}: the head {found.head!r} is unknown", hint="A newer eegcli may know it.")
        if not _is_known(found.input_scaler, found.shape) or found.align not in (None, *ALIGNMENTS):
            raise ArtifactError(f"{path / DESCRIPTION}: this version cannot prepare windows so", hint="A newer eegcli may do it.")
        if found.foreign is not None and not isinstance(found.foreign, Mapping):
            raise ArtifactError(f"{path / DESCRIPTION}: foreign cannot be {found.foreign!r}")
        return _consistent(found, f"{path / DESCRIPTION}")


def said_differences(stored: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Say in which respects the code of a network is another one: ``sha256 1234567890ab (here: ba0987654321)``."""
    names = [name for name in sorted({*stored, *found}) if stored.get(name) != found.get(name)]
    return ", ".join(f"{name} {_short(stored.get(name))} (here: {_short(found.get(name))})" for name in names)


def _short(value: Any) -> str:
    return str(value)[:12] if isinstance(value, str) and len(value) == SHA256_DIGITS else str(value)


def _is_known(scaler: Mapping[str, Any] | None, shape: tuple[int, ...]) -> bool:
    """Test that a normalisation is one of ours, with its numbers for each channel."""
    if scaler is None:
        return True
    if scaler.get("how") == "train":
        lists = [scaler.get(name) for name in ("mean", "scale")]
        return set(scaler) == {"how", "mean", "scale"} and all(isinstance(one, list) and len(one) == shape[0] for one in lists)
    return set(scaler) == {"how"} and scaler["how"] in ("window", "channel-window")


def _consistent(found: ModelDescription, where: str) -> ModelDescription:
    """The description, if its head fits its target: with another one every prediction would be wrong."""
    head, n_classes = HEADS[found.head], len(found.classes)
    if head.kind != found.kind or (found.kind == "classification" and n_classes < 1):
        raise ArtifactError(f"{where}: the head {found.head} does not fit a {found.kind} of {counted(n_classes, 'class')}")
    if head.n_outputs(n_classes) != found.n_outputs:
        raise ArtifactError(
            f"{where}: {counted(found.n_outputs, 'output does', 'outputs do')} not fit the head {found.head} and {counted(n_classes, 'class')}"
        )
    return found


def _from_metrics(metrics: Mapping[str, Any]) -> ModelDescription:
    """Description of a network that was written before model.json: every classifier had one output per class."""
    shape = metrics["shape"]
    entry = REPRESENTATIONS[shape.get("representation", "raw")]
    return ModelDescription(
        arch=metrics["arch"],
        options={},
        head="number" if metrics["kind"] == "regression" else "softmax",
        n_outputs=shape["n_outputs"],
        axes=entry.axes,
        shape=tuple(shape[axis] for axis in entry.axes),
        representation=shape.get("representation", "raw"),
        units=entry.units,
        ch_names=tuple(metrics["ch_names"]),
        sfreq=shape["sfreq"],
        n_times=shape["n_times"] if "n_times" in shape else metrics["n_times"],
        bands=tuple(metrics.get("bands", ())),
        target=metrics["target"],
        kind=metrics["kind"],
        classes=tuple(metrics["classes"] or ()),
    )


@dataclass(frozen=True)
class Network:
    """One trained network: the only one of its run, or one fold and seed of several.

    Attributes
    ----------
    path : Path
        Folder of its files.
    fold, seed : int
        Index of the fold; offset of the seed.
    contents : Contents or None
        Digests of the run's files, against which those of the network are held when they are read; None before the run is finished.
    code : Code or None
        Code of a foreign network, where it is trusted.
    """

    path: Path
    fold: int
    seed: int
    contents: Contents | None = None
    code: Code | None = None

    @property
    def metrics(self) -> dict[str, Any]:
        """Content of metrics.json: the figures of training."""
        return atomic.read_json(self._checked(METRICS))

    def is_made_with(self, digest: str) -> bool:
        """Test that the network is finished, and was made with settings of this digest."""
        return (self.path / METRICS).exists() and self.metrics.get(MADE_WITH, digest) == digest

    @property
    def history(self) -> StoredTable:
        """History of the training: a row per epoch."""
        return read_table(self._checked(HISTORY))

    @property
    def description(self) -> ModelDescription:
        """Content of model.json."""
        self._checked(DESCRIPTION)
        return ModelDescription.read(self.path)

    @property
    def head(self) -> Head:
        """Head: meaning of the outputs of the network."""
        return HEADS[self.description.head]

    def model(self) -> torch.nn.Module:
        """The trained network in evaluation mode, on the CPU.

        Raises
        ------
        InputError
            If it is a foreign network whose code is not trusted, or fails.
        ArtifactError
            If the weights are missing, are not those that were written, or do not fit the architecture.
        """
        from eegcli.models.weights import stored

        network = self.description.build(self.code)
        try:
            stored(network).load_state_dict(self.weights())
        except RuntimeError as error:
            raise unreadable(self.path / MODEL, error, OTHER_WEIGHTS) from error
        return network.eval()

    def weights(self) -> dict[str, torch.Tensor]:
        """Weights and running statistics by name, as they are stored; no code is run for them.

        Raises
        ------
        ArtifactError
            If they are missing, or not those that were written.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            _require_own_weights(self.path, self.description)
            found: dict[str, torch.Tensor] = load_file(self._checked(MODEL))
        except (OSError, SafetensorError) as error:
            raise unreadable(self.path / MODEL, error, OTHER_WEIGHTS) from error
        return found

    def check(self) -> None:
        """See that the weights are those that were written: those of model.json beside them, and of the run's done mark.

        Raises
        ------
        ArtifactError
            If they are not.
        """
        _require_own_weights(self.path, self.description)
        self._checked(MODEL)

    @property
    def weights_digest(self) -> str:
        """Digest of the weights: that which model.json states, else that of the file."""
        return self.description.weights or read_digest(self.path / MODEL)

    def _checked(self, name: str) -> Path:
        """Path of a file of the network that is what was written."""
        if self.contents is not None:
            self.contents.check(self.path / name)
        return self.path / name


def _require_own_weights(path: Path, description: ModelDescription) -> None:
    if description.weights not in (None, read_digest(path / MODEL)):
        raise changed(path / MODEL)
