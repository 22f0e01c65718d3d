"""Table of commands: to add one, a line here and a settings class; the stage does the work."""

from __future__ import annotations

from typing import NamedTuple

PIPELINE, LOOK = "Pipeline", "Look"  # panels of `eegcli --help`


class CommandEntry(NamedTuple):
    """A command: where its settings and its stage lie, and what `--help` says of it.

    Attributes
    ----------
    settings : str
        Settings class, as ``module:attribute``: its fields are the command's arguments and options.
    summary, example : str
        What the command does, in a sentence, and a command line that does it.
    panel : str
        Panel of `eegcli --help`.
    stage : str
        Function ``run(settings, *, reporter) -> Result`` that does the work and names its output where ``--output`` gives none, as
        ``module:attribute``; empty for a command that makes no artifact. A command with a stage has a table in recipes.
    call : str
        Function ``call(session, given)`` in place of the usual one (inputs, settings, stage, rendering), as ``module:attribute``.
    """

    settings: str
    summary: str
    example: str
    panel: str
    stage: str = ""
    call: str = ""


COMMANDS: dict[str, CommandEntry] = {
    "fetch": CommandEntry(
        "eegcli.settings.fetch:FetchSettings",
        "Bring recordings here: from OpenNeuro, S3 or HTTPS, selected, verified and resumable; from a local tree, as links; or simulated.",
        "eegcli fetch hbn:R1 --task RestingState --dry-run",
        PIPELINE,
        stage="eegcli.fetch:run",
        call="eegcli.cli.fetch:fetch",
    ),
    "preprocess": CommandEntry(
        "eegcli.settings.preprocess:PreprocessSettings",
        "Clean recordings: filter, resample, reference, find bad channels, repair bursts (ASR), pick channels.",
        "eegcli preprocess ds005505 --task RestingState --recipe hbn",
        PIPELINE,
        stage="eegcli.preprocess:run",
        call="eegcli.cli.preprocess:preprocess",
    ),
    "epoch": CommandEntry(
        "eegcli.settings.epoch:EpochSettings",
        "Cut recordings into windows.",
        "eegcli epoch demo-recordings --segment closed=instructed_toCloseEyes:3:37 --output closed",
        PIPELINE,
        stage="eegcli.epoch:run",
    ),
    "import": CommandEntry(
        "eegcli.settings.importing:ImportSettings",
        "Bring data that is already cut into trials: NumPy, MATLAB, MNE, EEGLAB, tables, DEAP.",
        "eegcli import trials.npz --sfreq 128 --channels C3,Cz,C4",
        PIPELINE,
        stage="eegcli.importing:run",
    ),
    "train": CommandEntry(
        "eegcli.settings.train:TrainSettings",
        "Train a network, or a baseline, on windows; subjects never stand on both sides of a split.",
        "eegcli train demo-windows --arch vgg --target sex --device cuda --output on-gpu",
        PIPELINE,
        stage="eegcli.train:run",
        call="eegcli.cli.train:train",
    ),
    "evaluate": CommandEntry(
        "eegcli.settings.evaluate:EvaluateSettings",
        "Test a run: accuracy per window and per vote, with intervals over subjects and leak checks.",
        "eegcli evaluate demo-run-vgg-sex",
        PIPELINE,
        stage="eegcli.evaluate:run",
        call="eegcli.cli.evaluate:evaluate",
    ),
    "explain": CommandEntry(
        "eegcli.settings.explain:ExplainSettings",
        "Show what a network looks at: saliency, its spectrum and its channel profile.",
        "eegcli explain demo-run-vgg-sex --split validation",
        PIPELINE,
        stage="eegcli.explain:run",
    ),
    "predict": CommandEntry(
        "eegcli.settings.predict:PredictSettings",
        "Apply a run to windows without labels: probabilities per window, votes per subject.",
        "eegcli predict demo-run-vgg-sex new-windows",
        PIPELINE,
        stage="eegcli.predict:run",
    ),
    "compare": CommandEntry(
        "eegcli.settings.compare:CompareSettings",
        "Compare runs: accuracy per epoch in one figure, and what each run is and reached in one table.",
        "eegcli compare relu elu --output activations.png",
        LOOK,
        call="eegcli.cli.compare:compare",
    ),
    "report": CommandEntry(
        "eegcli.settings.report:ReportSettings",
        "Write the page of a run that tells it all; set runs side by side; list all runs of a folder; or print the methods section.",
        "eegcli report demo-run-vgg-sex",
        LOOK,
        call="eegcli.cli.report:report",
    ),
    "doctor": CommandEntry(
        "eegcli.settings.doctor:DoctorSettings",
        "Say why a network does not learn: data, labels, split, network, training, result, ranked, each with the command that mends it.",
        "eegcli doctor demo-windows --arch vgg --target sex",
        LOOK,
        call="eegcli.cli.doctor:doctor",
    ),
    "info": CommandEntry(
        "eegcli.settings.info:InfoSettings",
        "Say what something is: shape, units, provenance; for a BIDS tree, tasks, events, channels, durations.",
        "eegcli info demo-windows",
        LOOK,
        call="eegcli.cli.info:info",
    ),
    "models": CommandEntry(
        "eegcli.settings.models:ModelsSettings",
        "List the architectures, or describe one: input, parameters for a shape, source, defaults of training.",
        "eegcli models vgg --shape 24x256 --outputs 2",
        LOOK,
        call="eegcli.cli.models:models",
    ),
}
