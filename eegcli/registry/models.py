"""Table of architectures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eegcli.errors import UsageError
from eegcli.registry.foreign import Foreign, foreign_of, plugins
from eegcli.registry.lookup import lookup
from eegcli.registry.representations import REPRESENTATIONS
from eegcli.registry.training import Training

BARACHANT = "Barachant et al. 2012, doi:10.1109/TBME.2011.2172210"
PAPER = "Truong, Makeig & Delorme 2021, arXiv:2105.04762"


@dataclass(frozen=True)
class Published:
    """Published size of a network: an input, and the number of trainable weights that the source, or the peer that it is held against, counts for it.

    Attributes
    ----------
    shape : tuple of int
        Sizes of a window, in the order of the axes of its representation.
    outputs : int
        Number of outputs.
    n_parameters : int
        Trainable weights.
    representation : str
        What windows hold.
    """

    shape: tuple[int, ...]
    outputs: int
    n_parameters: int
    representation: str = "raw"


PAPER_TRAINING = Training(optimizer="adamax", lr=0.002, weight_decay=0.001, batch_size=70, epochs=70)
# Of networks that nobody has tuned: torch's defaults of AdamW.
FOREIGN_TRAINING = Training(optimizer="adamw", lr=0.001, weight_decay=0.01, batch_size=64, epochs=50)
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
    normalise : str
        Normalisation of windows where the user names none: ``none`` as published, ``train``, ``window`` or ``channel-window``.
    recommended : bool
        The one that is recommended where nobody asks for a published network; exactly one is, or none.
    recentred : bool
        Whether ``--align subject`` recentres the features of each subject (a `models.recentred.Recentrable` with a centre) instead of whitening its windows.
    lengths : mapping of str to tuple of str
        By axis of a window, the options that are lengths of kernels and pools along it: ``--fit-window`` shortens them.
    smallest : mapping of str to int
        Sizes of the windows on which its properties are checked (`models.checks`), by axis, where those of all networks do not suit it.
    published : tuple of Published
        Published sizes: tests hold its number of weights to them.

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
    normalise: str = "none"
    recommended: bool = False
    recentred: bool = False
    lengths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    smallest: Mapping[str, int] = field(default_factory=dict)
    published: tuple[Published, ...] = ()

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


LAB = "course report on BCI competition III, data set IIIb"
DEAP = "course report on DEAP (Koelstra et al. 2012, doi:10.1109/T-AFFC.2011.15)"
SCHIRRMEISTER = "Schirrmeister et al. 2017, doi:10.1002/hbm.23730"
OWN = "own"
OWN_TRAINING = Training(optimizer="adamw", lr=0.001, weight_decay=0.01, batch_size=64, epochs=50)
LAB_TRAINING = Training(optimizer="adam", lr=0.001, weight_decay=0.0, batch_size=64, epochs=300)

MODELS: dict[str, ModelEntry] = {
    "vgg": ModelEntry(
        "eegcli.models.vgg:VGG",
        "R-VGG (topomaps: S-VGG): VGG-16's first ten layers, channels divided by four",
        PAPER,
        forms={"topomap": "eegcli.models.vgg:TopomapVGG", "fft": "eegcli.models.vgg:SpectrumVGG"},
        training=PAPER_TRAINING,
        lengths=dict.fromkeys(("n_times", "n_bins", "width"), ("pool_times",)) | dict.fromkeys(("n_chans", "height"), ("pool_chans",)),
        published=(
            Published((24, 256), 2, 7_452_850),
            Published((3, 24, 24), 2, 1_751_506, "topomap"),
            Published((24, 256), 2, 7_452_850, "fft"),
        ),
    ),
    "scnn": ModelEntry(
        "eegcli.models.scnn:SCNN",
        "R-SCNN (topomaps: S-SCNN): six convolutions after van Putten et al. 2018",
        PAPER,
        forms={"topomap": "eegcli.models.scnn:TopomapSCNN", "fft": "eegcli.models.scnn:SpectrumSCNN"},
        training=PAPER_TRAINING,
        lengths=dict.fromkeys(("n_times", "n_bins", "width"), ("kernel_times", "pool_times"))
        | dict.fromkeys(("n_chans", "height"), ("kernel_chans", "pool_chans")),
        smallest={"n_bins": 128},
        published=(
            Published((24, 256), 2, 12_713_934),
            Published((3, 24, 24), 2, 9_641_934, "topomap"),
            Published((24, 256), 2, 12_713_934, "fft"),
        ),
    ),
    "eegnet": ModelEntry(
        "eegcli.models.eegnet:EEGNet",
        "EEGNet-8,2: temporal filters, a spatial filter each, a separable convolution; max-norm",
        "Lawhern et al. 2018, doi:10.1088/1741-2552/aace8c",
        # 500 epochs of Adam as published; the batch is ours.
        training=Training(optimizer="adam", lr=0.001, weight_decay=0.0, batch_size=64, epochs=500),
        lengths={"n_times": ("kernels", "pools")},
        smallest={"n_chans": 4, "n_times": 64},
        published=(Published((22, 1000), 4, 3_444),),
    ),
    "eegnet-lab": ModelEntry(
        "eegcli.models.eegnet_lab:EEGNetLab",
        "EEGNet as a course's laboratory has it: 16 temporal filters, a full convolution in place of the separable one",
        LAB,
        training=LAB_TRAINING,
        lengths={"n_times": ("kernels", "pools")},
        smallest={"n_chans": 2, "n_times": 64},
        published=(Published((2, 750), 2, 17_874),),
    ),
    "deepconvnet": ModelEntry(
        "eegcli.models.deepconvnet:DeepConvNet",
        "DeepConvNet: four blocks of convolution and max pooling, in a course's sizes",
        f"{SCHIRRMEISTER}; sizes of the {LAB}",
        training=LAB_TRAINING,
        lengths={"n_times": ("kernels", "pools")},
        smallest={"n_chans": 2, "n_times": 96},
        published=(Published((2, 750), 2, 150_977),),
    ),
    "shallow": ModelEntry(
        "eegcli.models.shallow:ShallowFBCSPNet",
        "ShallowFBCSPNet: filters, spatial filters and the logarithm of their power, after filter-bank CSP",
        SCHIRRMEISTER,
        # The paper stops early; rate and batch are those of the authors' library, the number of epochs is ours.
        training=Training(optimizer="adamw", lr=0.000625, weight_decay=0.0, batch_size=64, epochs=100),
        lengths={"n_times": ("kernel", "pool", "pool_stride")},
        smallest={"n_chans": 4, "n_times": 128},
        published=(Published((22, 1000), 4, 46_084),),
    ),
    "ctnet": ModelEntry(
        "eegcli.models.ctnet:CTNet",
        "CTNet: the convolutions of EEGNet, then a transformer over their sequence",
        "Zhao et al. 2024, doi:10.1038/s41598-024-71118-7",
        # Adam and its rate as in the authors' code (with a first beta of 0.5 there); batch and epochs are ours.
        training=Training(optimizer="adam", lr=0.001, weight_decay=0.0, batch_size=64, epochs=100),
        lengths={"n_times": ("kernels", "pools")},
        smallest={"n_chans": 4, "n_times": 128},
        published=(Published((22, 1000), 4, 152_684),),
    ),
    "deap-dnn": ModelEntry(
        "eegcli.models.deap:DeapDNN",
        "four fully connected layers on 32 x 99 statistics; one logit",
        DEAP,
        forms={"stats99": "eegcli.models.deap:DeapDNN"},
        training=Training(optimizer="rmsprop", lr=0.0001, weight_decay=0.0, batch_size=310, epochs=250),
        head="logit",
        smallest={"n_chans": 4, "n_times": 16, "n_features": 16},
        published=(Published((32, 99), 1, 18_847_501, "stats99"),),
    ),
    "deap-cnn": ModelEntry(
        "eegcli.models.deap:DeapCNN",
        "two convolutions on an image of 32 x 99 statistics; one logit",
        DEAP,
        forms={"stats99": "eegcli.models.deap:DeapCNN"},
        training=Training(optimizer="sgd", lr=0.0001, weight_decay=0.0, batch_size=50, epochs=250),
        head="logit",
        lengths={"n_chans": ("pool_chans",), "n_times": ("pool_times",), "n_features": ("pool_times",)},
        smallest={"n_chans": 8, "n_times": 16, "n_features": 16},
        published=(Published((32, 99), 1, 4_021_777, "stats99"),),
    ),
    "conv1d-ecg": ModelEntry(
        "eegcli.models.conv1d_ecg:Conv1dECG",
        "two long 1-D convolutions on a minute of ECG, which learnt its training records by heart: to repeat a question",
        "question and answer about emotion from ECG",
        training=Training(optimizer="adam", lr=0.0001, weight_decay=0.0, batch_size=32, epochs=80),
        lengths={"n_times": ("kernels", "pool")},
        smallest={"n_chans": 1, "n_times": 1404},
        published=(Published((1, 18_000), 6, 4_815_256),),
    ),
    "lasagne-cnn": ModelEntry(
        "eegcli.models.lasagne_cnn:LasagneCNN",
        "one convolution, a pool that drops every second electrode, 67 million weights: to repeat a question",
        "question and answer about raw EEG of 64 channels",
        # The question names no number of epochs: 50 is ours.
        training=Training(optimizer="sgd", lr=0.01, weight_decay=0.0, batch_size=5, epochs=50, nesterov=True),
        smallest={"n_chans": 4, "n_times": 32},
        published=(Published((64, 512), 2, 67_109_762),),
    ),
    "mlp": ModelEntry(
        summary="fully connected layers on the values of a window",
        source=OWN,
        forms={REST: "eegcli.models.mlp:MLP"},
        training=OWN_TRAINING,
        normalise="train",
    ),
    "lstm": ModelEntry(
        "eegcli.models.lstm:LSTM",
        "an LSTM over the samples",
        OWN,
        training=OWN_TRAINING,
        normalise="train",
        smallest={"n_chans": 4, "n_times": 32},
    ),
    "cnn-lstm": ModelEntry(
        "eegcli.models.lstm:CNNLSTM",
        "a temporal convolution over all channels, then an LSTM over its pooled steps",
        OWN,
        training=OWN_TRAINING,
        normalise="train",
        lengths={"n_times": ("kernel", "pool")},
        smallest={"n_chans": 4, "n_times": 64},
    ),
    "covwave": ModelEntry(
        "eegcli.models.covwave:CovWave",
        "CovWave: covariance of learnable bands and waveform of learnable sources, one linear readout",
        "own network, after Arsigny et al. 2007, doi:10.1137/050637996, and Paillard et al. 2025, doi:10.1016/j.patter.2025.101182",
        training=Training(optimizer="adamw", lr=0.005, weight_decay=0.01, batch_size=64, epochs=30),
        recommended=True,
        recentred=True,
    ),
    "logistic": ModelEntry(
        "eegcli.models.logistic:BandPowerLogistic",
        "linear model of log band power per channel (else of the values themselves): the baseline to beat",
        "own baseline",
        forms={REST: "eegcli.models.logistic:Logistic"},
        recentred=True,
    ),
    "tangent-space": ModelEntry(
        "eegcli.models.tangent_space:TangentSpace",
        "linear model of the covariance of the channels (1-45 Hz) in its log-Euclidean tangent space",
        BARACHANT,
        recentred=True,
    ),
    "filter-bank-tangent-space": ModelEntry(
        "eegcli.models.tangent_space:FilterBankTangentSpace",
        "linear model of the covariance in six bands of 1-25 Hz, log-Euclidean tangent space",
        BARACHANT,
        recentred=True,
    ),
    "tangent-space-band-power": ModelEntry(
        "eegcli.models.tangent_space_band_power:TangentSpaceBandPower",
        "mean of the probabilities of filter-bank-tangent-space and logistic",
        "own baseline",
        recentred=True,
    ),
    "majority": ModelEntry(
        "eegcli.models.majority:Majority",
        "the most frequent class (or the mean) of the training windows",
        "own baseline",
        forms={REST: "eegcli.models.majority:Majority"},
    ),
}


def foreign_named(arch: str) -> Foreign | None:
    """Read the name of a foreign architecture (`registry.foreign.foreign_of`); None for one of the table, and for an unknown one."""
    return foreign_of(arch, MODELS)


def entry_of(arch: str) -> ModelEntry:
    """Find the entry of an architecture: its own in the table, or what holds for every foreign one. No code of it is read.

    Raises
    ------
    UsageError
        If there is no such architecture; the hint names the nearest, or all.
    """
    if (found := foreign_named(arch)) is not None:
        return ModelEntry(found.name, "your own network", found.name, training=FOREIGN_TRAINING)
    return MODELS[lookup("architecture", arch, MODELS if arch in MODELS else {**MODELS, **plugins()})]


def label_of(arch: str) -> str:
    """Part of an output's name that says which architecture it is of: ``vgg``, ``mynet-Net``."""
    found = foreign_named(arch)
    return arch if found is None else found.label


def form_of(arch: str, representation: str) -> str:
    """Find the form of an architecture for windows of a representation.

    Raises
    ------
    UsageError
        If there is no such architecture or representation, or the architecture does not take it; the hint names those that do.
    """
    entry = entry_of(arch)
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
