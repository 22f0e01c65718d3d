"""Sentences on the network: what it learnt, what it is, and how it was trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from eegcli.artifacts.run import OPTIMISTIC, TRANSDUCTIVE
from eegcli.errors import counted
from eegcli.registry import AUGMENTATIONS, MODELS, choosing_metric
from eegcli.reporting.material import Material
from eegcli.reporting.methods.sentence import Paragraph, Sentence, metric_words
from eegcli.reporting.methods.told import Told, provenance_of
from eegcli.settings import TrainSettings
from eegcli.settings.train import Splitting

ADAM = "Kingma & Ba 2015, arXiv:1412.6980"
OPTIMIZERS = {"adamax": ("Adamax", ADAM), "adam": ("Adam", ADAM), "adamw": ("AdamW", "Loshchilov & Hutter 2019, arXiv:1711.05101")}
OPTIMIZERS |= {"sgd": ("stochastic gradient descent", ""), "rmsprop": ("RMSprop", "")}
SCHEDULES = {
    "cosine": ("fell to 0 like half a cosine", "Loshchilov & Hutter 2017, arXiv:1608.03983"),
    "onecycle": ("rose over the first 30 % of the updates and fell then", "Smith & Topin 2019, arXiv:1708.07120"),
    "constant": ("was constant", ""),
}
PRECISIONS = {"fp32": "single precision", "tf32": "TensorFloat-32", "bf16": "bfloat16", "fp16": "half precision"}
# By the name of a head.
LOSSES = {"softmax": "cross entropy", "logit": "binary cross entropy", "number": "mean squared error"}
NORMALISED = {
    "train": "Windows were z-scored per channel, by mean and standard deviation over the training windows",
    "window": "Each window was z-scored by its own mean and standard deviation",
    "channel-window": "Each channel of each window was z-scored by its own mean and standard deviation",
    "none": "Windows were not normalised",
}
ALIGNED = {
    "subject": ("mean covariance", "He & Wu 2020, doi:10.1109/TBME.2019.2913914"),
    "subject-riemannian": ("Riemannian mean covariance", "Zanini et al. 2018, doi:10.1109/TBME.2017.2742541"),
}
# Settings that change nothing of the bytes when the files that they name are known: those files' digests are among the inputs.
FILES = ("labels", "split_file", "persons", "init_from", "init_network", "allow_differences")


def settings_of_training(material: Material) -> dict[str, Any]:
    """Settings of the training that change its result, by name; those that name a file or another run as the run's provenance has them."""
    free = provenance_of(material.run.path).get("free_settings") or {}
    values = {one.name: getattr(material.run.settings, one.name) for one in fields(TrainSettings) if not one.metadata.get("free")}
    return values | {name: free[name] for name in FILES if free.get(name) not in (None, False)}


def paragraph(material: Material) -> Paragraph:
    """Put the network and its training into sentences; those of the division stand in `division`."""
    of_the_split = {one.name for one in fields(Splitting)} | {"seed"}
    told = Told({name: value for name, value in settings_of_training(material).items() if name not in of_the_split}, TrainSettings)
    return Paragraph("Network and training", tuple(one for one in sentences(told, material) if one.words))


def sentences(told: Told, material: Material) -> Iterator[Sentence]:
    """Put the settings of a training into sentences."""
    metrics = material.run.metrics
    yield _target(told, material)
    yield from _architecture(told, metrics)
    normalise = told.take("normalise")
    yield Sentence(NORMALISED.get(normalise or "none", f"Windows were normalised: {normalise}"))
    if (align := told.asked("align")) in ALIGNED:
        mean, source = ALIGNED[align]
        yield Sentence(f"Subjects were made alike without their labels, by the {mean} of each. {TRANSDUCTIVE}", (source,))
    if metrics.get("training") is not None:
        yield Sentence(f"The loss was the {LOSSES[material.run.networks[0].description.head]}")
        yield from _descent(told)
        yield from _regularised(told)
    yield _weights_of_classes(told, metrics)
    yield from _begun(told, metrics)
    yield _kept(told, material)
    if (seed := told.asked("shuffle_labels")) is not None:
        within = told.take("shuffle_within")
        yield Sentence(
            f"This run is a control: labels were permuted over the {'subjects' if within == 'cohort' else 'units of each subject'} with the seed {seed}"
        )
    yield from _baseline((material.validated or material.run).metrics)
    if metrics.get("training") is None:
        for name in ("optimizer", "lr", "batch_size", "epochs", "weight_decay"):
            told.take(name)
    yield Sentence(told.rest())


def _target(told: Told, material: Material) -> Sentence:
    target, kind, classes, threshold = (told.take(name) for name in ("target", "kind", "classes", "threshold"))
    labels = told.take("labels")
    what = f"the number {target}" if kind == "regression" else f"{target} (classes {', '.join(classes or material.run.classes)})"
    if threshold:
        what += f", high from {str(threshold).partition('=')[2]} on"
    made = "A network was trained" if material.run.metrics.get("training") is not None else "A model in closed form was fitted"
    return Sentence(f"{made} to tell {what} from a window" + (f", with labels of the table {_name(labels)}" if labels else ""))


def _architecture(told: Told, metrics: Mapping[str, Any]) -> Iterator[Sentence]:
    arch = str(told.take("arch"))
    entry = MODELS.get(arch)
    form = f"{arch} ({entry.summary})" if entry else f"{arch}, a network of the user's own"
    options = [str(one) for one in told.take("options") or ()]
    options += [f"{name}={value}" for name in ("activation", "dropout") if (value := told.asked(name)) is not None]
    changed = f"; options other than the defaults: {', '.join(options)}" if options else ""
    sources = (entry.source,) if entry and entry.source != "own" else ()
    yield Sentence(f"It was {form}, with {int(metrics['n_parameters']):,} trainable parameters{changed}", sources)
    if told.asked("fit_window"):
        yield Sentence("Kernels and pools that were too long for the windows were shortened")


def _descent(told: Told) -> Iterator[Sentence]:
    optimizer, rate, decay = (told.take(name) for name in ("optimizer", "lr", "weight_decay"))
    batch, epochs, momentum, nesterov = (told.take(name) for name in ("batch_size", "epochs", "momentum", "nesterov"))
    name, source = OPTIMIZERS.get(optimizer, (str(optimizer), ""))
    with_momentum = (
        f", {'Nesterov' * bool(nesterov)}{' ' * bool(nesterov)}momentum {momentum:g}"
        if momentum is not None
        else ", Nesterov momentum" * bool(nesterov)
    )
    yield Sentence(
        f"It was trained for {counted(int(epochs), 'epoch')} with {name} (learning rate {rate:g}, weight decay {decay:g}{with_momentum}) in batches of {counted(int(batch), 'window')}",
        (source,),
    )
    course, warmup, steps = told.take("schedule") or "constant", told.take("warmup"), told.take("accumulate") or 1
    said, source = SCHEDULES.get(course, (f"followed the schedule {course}", ""))
    if warmup:
        span = f"{warmup[: -len('steps')]} updates" if str(warmup).endswith("steps") else f"{warmup} epochs"
        said += f", after it had risen from 0 over {span}"
    yield Sentence(f"The learning rate {said}", (source,))
    if steps != 1:
        yield Sentence(f"An update was made of the gradients of {steps} batches")
    if (norm := told.take("clip_norm")) is not None:
        yield Sentence(
            f"Gradients were shortened to the norm {norm:g} where they were longer", ("Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063",)
        )
    precision = told.take("precision") or "fp32"
    mixed = ("Micikevicius et al. 2018, arXiv:1710.03740",) if precision in ("fp16", "bf16") else ()
    yield Sentence(f"Arithmetic was in {PRECISIONS.get(precision, precision)}", mixed)
    if (buffer := told.take("shuffle_buffer")) is not None:
        yield Sentence(f"The windows of a batch were drawn among {buffer:,} that were read together")


def _regularised(told: Told) -> Iterator[Sentence]:
    for text in told.take("augment") or ():
        name, _, options = str(text).partition(":")
        if entry := AUGMENTATIONS.get(name):
            yield Sentence(
                f"Training windows were augmented by {name}{f' ({options})' * bool(options)}: it {entry.summary}", (entry.source,)
            )
    if smoothing := told.take("label_smoothing"):
        yield Sentence(f"Labels were smoothed by {smoothing:g}", ("Szegedy et al. 2016, arXiv:1512.00567",))
    if decay := told.take("ema"):
        yield Sentence(
            f"An exponential moving average of the weights, with a decay of {decay:g}, was validated and kept",
            ("Polyak & Juditsky 1992, doi:10.1137/0330046",),
        )
    if patience := told.take("patience"):
        yield Sentence(f"Training stopped early after {counted(patience, 'epoch')} without an improvement on the validation set")
    if every := told.take("validate_every"):
        yield Sentence(f"The validation set was looked at every {every} batches as well as after each epoch")


def _weights_of_classes(told: Told, metrics: Mapping[str, Any]) -> Sentence:
    asked = told.take("class_weights")
    if metrics["kind"] == "regression":
        return Sentence("")
    if asked in ("balanced", "none"):
        return Sentence(f"Classes were {'weighted inversely to their frequency' if asked == 'balanced' else 'not weighted'} in the loss")
    weighted = [one for one in metrics["networks"] if one.get("class_weights") is not None]
    if not weighted:
        return Sentence("Classes were not weighted in the loss, as none was rarer than 40:60")
    of = f" of {len(weighted)} of {counted(len(metrics['networks']), 'network')}" if len(weighted) < len(metrics["networks"]) else ""
    return Sentence(f"Classes were weighted inversely to their frequency in the loss{of}, as one was rarer than 40:60")


def _begun(told: Told, metrics: Mapping[str, Any]) -> Iterator[Sentence]:
    origin, which, frozen, allowed = (told.take(name) for name in ("init_from", "init_network", "freeze", "allow_differences"))
    begun = metrics.get("begun_with")
    if not (origin or begun or frozen):
        return
    words = f"Training began with the weights of the run {_name(origin) if origin else 'that metrics.json names by its digest'}"
    if which:
        words += f", those of fold and seed {which}"
    if frozen:
        words += f"; weights of these names stayed as they were: {', '.join(frozen)}"
    if allowed:
        words += "; its windows were cleaned otherwise, which was allowed"
    yield Sentence(words)


def _kept(told: Told, material: Material) -> Sentence:
    if told.take("report_epoch") == "published":
        return Sentence(f"The epoch that was best on the test set was kept, as in many published results: {OPTIMISTIC}")
    metrics, is_refit = material.run.metrics, told.take("refit")
    if metrics.get("training") is None:
        return Sentence("The subjects of the validation set were learnt from as well" if is_refit else "")
    if is_refit:
        epochs = ", ".join(str(one["kept_epoch"]) for one in metrics["networks"])
        return Sentence(
            f"A first training chose the number of epochs by the {metric_words(choosing_metric(material.run.kind))} of the validation set ({epochs}); "
            "then each network was trained anew on training and validation subjects together, for as many epochs"
        )
    if not all((one.get("sets") or {}).get("validation", {}).get("n_windows") for one in metrics["networks"]):
        return Sentence("There was no validation set, so that the weights of the last epoch were kept")
    best = metric_words(choosing_metric(material.run.kind))
    epochs = ", ".join(str(one["kept_epoch"]) for one in metrics["networks"])
    return Sentence(f"The weights of the epoch with the best {best} of the validation set were kept (epoch {epochs})")


def _baseline(metrics: Mapping[str, Any]) -> Iterator[Sentence]:
    found = {
        str(one["strongest_baseline"]["arch"]): one["strongest_baseline"] for one in metrics["networks"] if one.get("strongest_baseline")
    }
    if found:
        n = next(iter(found.values())).get("n_compared", "several")
        sources = tuple(MODELS[arch].source for arch in found if arch in MODELS and MODELS[arch].source != "own")
        yield Sentence(
            f"Beside it, {n} closed forms were fitted to the same training subjects; the best of the validation subjects was {', '.join(found)}",
            sources,
        )


def _name(path: object) -> str:
    return str(path).rstrip("/").rpartition("/")[2]
