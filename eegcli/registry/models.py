"""Table of architectures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eegcli.errors import UsageError
from eegcli.registry.lookup import lookup
from eegcli.registry.representations import REPRESENTATIONS

BARACHANT = "Barachant et al. 2012, doi:10.1109/TBME.2011.2172210"
PAPER = "Truong, Makeig & Delorme 2021, arXiv:2105.04762"


@dataclass(frozen=True)
class Training:
    """Hyper-parameters of gradient descent.

    Attributes
    ----------
    epochs, batch_size : int
        Passes over the training windows; windows per update.
    optimizer : str
        One of `engine.hyperparameters.OPTIMIZERS`.
    lr, weight_decay : float
        Learning rate; strength of the L2 penalty.
    """

    epochs: int
    batch_size: int
    optimizer: str
    lr: float
    weight_decay: float


PAPER_TRAINING = Training(optimizer="adamax", lr=0.002, weight_decay=0.001, batch_size=70, epochs=70)
RAW = "raw"  # the representation of `path`
REST = "*"  # in `forms`: every representation that has no form of its own, those to come too


@dataclass(frozen=True)
class ModelEntry:
    """Architecture: place of its code, windows it takes, source, and training by default.

    Attributes
    ----------
    path : str
        Form for raw windows, as ``module:attribute``: a class or function that gives a `torch.nn.Module`. It takes the axes of a window by
        their names in `REPRESENTATIONS`, or all sizes as one tuple, `shape`; and `n_outputs` and `sfreq`. Empty: it has no form of its own
        for raw windows, and takes them only by `REST`.
    summary, source : str
        For lists and docs; neither may be empty.
    forms : mapping of str to str
        Forms for other representations, by their name; `REST` is the form for all that are not named. Raw windows stand in `path` alone.
    training : Training or None
        Used where the user names no other values; None for a closed form, a `models.closed.ClosedForm` that is fitted at once.
    head : str
        Meaning of the outputs for a target of classes, a name in `models.head.HEADS`; for a number that is always ``number``.
    recommended : bool
        The one that is recommended where nobody asks for a published network; exactly one is, or none.

    Raises
    ------
    UsageError
        If it has no form at all, two for raw windows, or no summary or source.
    """

    path: str = ""
    summary: str = ""
    source: str = ""
    forms: Mapping[str, str] = field(default_factory=dict)
    training: Training | None = None
    head: str = "softmax"
    recommended: bool = False

    def __post_init__(self) -> None:
        """Refuse an entry that no list could show and no stage could build."""
        named = f"architecture {self.path or ', '.join(self.forms.values()) or '(without code)'}"
        if not (self.path or self.forms):
            raise UsageError(
                f"{named} has no form for any windows", hint="Name its code in `path` for raw windows, or in `forms` for others."
            )
        if RAW in self.forms:
            raise UsageError(f"{named} has its form for raw windows in `forms`", hint="It stands in `path`.")
        if not (self.summary and self.source):
            raise UsageError(f"{named} has no {'source' if self.summary else 'summary'}", hint="Lists and documentation show both.")

    @property
    def representations(self) -> tuple[str, ...]:
        """Representations of windows that it takes, in the order of their table."""
        return tuple(name for name in REPRESENTATIONS if self.form(name))

    def form(self, representation: str) -> str:
        """Form for windows of a representation, as ``module:attribute``; empty where it has none."""
        own = self.path if representation == RAW else self.forms.get(representation, "")
        return own or self.forms.get(REST, "")


MODELS: dict[str, ModelEntry] = {
    "vgg": ModelEntry(
        "eegcli.models.vgg:VGG",
        "R-VGG (topomaps: S-VGG): VGG-16's first ten layers, channels divided by four",
        PAPER,
        forms={"topomap": "eegcli.models.vgg:TopomapVGG"},
        training=PAPER_TRAINING,
    ),
    "scnn": ModelEntry(
        "eegcli.models.scnn:SCNN",
        "R-SCNN (topomaps: S-SCNN): six convolutions after van Putten et al. 2018",
        PAPER,
        forms={"topomap": "eegcli.models.scnn:TopomapSCNN"},
        training=PAPER_TRAINING,
    ),
    "covwave": ModelEntry(
        "eegcli.models.covwave:CovWave",
        "CovWave: covariance of learnable bands and waveform of learnable sources, one linear readout",
        "own network, after Arsigny et al. 2007, doi:10.1137/050637996, and Paillard et al. 2025, doi:10.1016/j.patter.2025.101182",
        training=Training(optimizer="adamw", lr=0.005, weight_decay=0.01, batch_size=64, epochs=30),
        recommended=True,
    ),
    "logistic": ModelEntry(
        "eegcli.models.logistic:BandPowerLogistic",
        "linear model of log band power per channel (else of the values themselves): the baseline to beat",
        "own baseline",
        forms={REST: "eegcli.models.logistic:Logistic"},
    ),
    "tangent-space": ModelEntry(
        "eegcli.models.tangent_space:TangentSpace",
        "linear model of the covariance of the channels (1-45 Hz) in its log-Euclidean tangent space",
        BARACHANT,
    ),
    "filter-bank-tangent-space": ModelEntry(
        "eegcli.models.tangent_space:FilterBankTangentSpace",
        "linear model of the covariance in six bands of 1-25 Hz, log-Euclidean tangent space",
        BARACHANT,
    ),
    "tangent-space-band-power": ModelEntry(
        "eegcli.models.tangent_space_band_power:TangentSpaceBandPower",
        "mean of the probabilities of filter-bank-tangent-space and logistic",
        "own baseline",
    ),
    "majority": ModelEntry(
        "eegcli.models.majority:Majority",
        "the most frequent class (or the mean) of the training windows",
        "own baseline",
        forms={REST: "eegcli.models.majority:Majority"},
    ),
}


def form_of(arch: str, representation: str) -> str:
    """Find the form of an architecture for windows of a representation.

    Raises
    ------
    UsageError
        If there is no such architecture or representation, or the architecture does not take it; the hint names those that do.
    """
    entry = MODELS[lookup("architecture", arch, MODELS)]
    for named in set(entry.forms) - {REST}:
        lookup(f"representation (of a form of {arch})", named, REPRESENTATIONS)
    lookup("representation", representation, REPRESENTATIONS)
    if representation not in entry.representations:
        fitting = [name for name, other in MODELS.items() if representation in other.representations]
        raise UsageError(
            f"{arch} takes windows of the representation {' or '.join(entry.representations)}; these are {representation}",
            hint=f"For {representation} there are: {', '.join(fitting)}.",
        )
    return entry.form(representation)
