"""Sentences on the evaluation: votes, metrics, intervals, tests and checks that were made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eegcli.errors import counted, listed
from eegcli.registry import VOTE_RULES, metrics_of
from eegcli.registry.metrics import Kind
from eegcli.reporting.material import Material, settings_of
from eegcli.reporting.methods.sentence import Paragraph, Sentence, metric_words
from eegcli.reporting.methods.told import Told
from eegcli.settings import EvaluateSettings

# By a word of the method's name, as an evaluation has it.
INTERVALS = {
    "Clopper-Pearson": "Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404",
    "Wilson": "Wilson 1927, doi:10.1080/01621459.1927.10502953",
    "MOVER": "Zou & Donner 2008, doi:10.1002/sim.3095",
    "Newcombe": "Newcombe 2006, doi:10.1002/sim.2324",
    "DeLong": "DeLong, DeLong & Clarke-Pearson 1988, doi:10.2307/2531595",
    "Obuchowski": "Obuchowski 1997, doi:10.2307/2533958",
    "bootstrap": "Efron & Tibshirani 1993, doi:10.1201/9780429246593",
    "Bates": "Bates, Hastie & Tibshirani 2023, doi:10.1080/01621459.2023.2197686",
}
NONE = "none:"  # how the method of an interval begins that could not be made
PHIPSON = "Phipson & Smyth 2010, doi:10.2202/1544-6115.1585"
GUO = "Guo et al. 2017, arXiv:1706.04599"
VOVK = "Vovk, Gammerman & Shafer 2005, doi:10.1007/b106715"


def paragraph(material: Material) -> Paragraph:
    """Put the evaluation on the run's own windows into sentences; without one the part is left out."""
    if material.evaluation is None:
        return Paragraph("Evaluation")
    told = Told(settings_of(material.evaluation.path), EvaluateSettings)
    found = tuple(one for one in sentences(told, material.evaluation.metrics) if one.words)
    return Paragraph("Evaluation", found)


def elsewhere(material: Material) -> list[Paragraph]:
    """Put each evaluation on other windows into sentences."""
    found = []
    for name, evaluation in material.others.items():
        told = Told(settings_of(evaluation.path), EvaluateSettings)
        said = [one for one in sentences(told, evaluation.metrics) if one.words]
        if otherwise := evaluation.metrics.get("cleaned_otherwise"):
            said.append(Sentence(f"These recordings were cleaned otherwise than those of the training: {'; '.join(otherwise)}"))
        found.append(Paragraph(f"Evaluation on other windows ({name})", tuple(said)))
    return found


def sentences(told: Told, metrics: Mapping[str, Any]) -> Iterator[Sentence]:
    """Put settings and figures of an evaluation into sentences."""
    rule, n, seed = told.take("vote") or "mean", told.take("vote_windows"), told.take("seed")
    entry = VOTE_RULES.get(rule)
    which = f"the first {counted(n, 'window')}" if n else "the windows"
    how = f"{rule}: {entry.summary}" if entry else rule
    yield Sentence(f"Predictions of {which} of a {metrics['unit']} became one vote ({how})", (entry.source,) if entry else ())
    yield _figures(metrics)
    yield from _intervals(metrics, told.take("resamples"))
    yield from _tests(told, metrics, seed)
    if positive := told.asked("positive"):
        yield Sentence(f"Sensitivity, specificity and F1 are those of the class {positive}")
    yield from _calibrated(metrics.get("calibration") or {})
    if share := told.asked("conformal"):
        yield Sentence(
            f"Conformal sets were made to hold the truth of {100 * share:g} % of test subjects, calibrated on the other test subjects",
            (VOVK,),
        )
    yield from _confounded(metrics.get("confounds") or {})
    if by := told.asked("by"):
        yield Sentence(f"Figures were given within groups of {', '.join(by)}, too")
    if checks := metrics.get("leak_checks"):
        yield Sentence(f"The division was checked for leaks: {'; '.join(str(one['name']) for one in checks)}")
    yield Sentence(told.rest())


def _calibrated(calibration: Mapping[str, Any]) -> Iterator[Sentence]:
    if calibration.get("n_bins"):
        fitted = [level for level in ("window", "vote") if (calibration.get(level) or {}).get("temperatures")]
        after = (
            f", and again after a temperature for {listed([f'{one}s' for one in fitted])} that was fitted to validation subjects"
            if fitted
            else ""
        )
        yield Sentence(f"Calibration was told by the expected calibration error of {calibration['n_bins']} bins{after}", (GUO,))


def _confounded(confounds: Mapping[str, Any]) -> Iterator[Sentence]:
    if columns := confounds.get("columns"):
        metric = metric_words(str(confounds.get("metric", "a figure")))
        folds = counted(int(confounds["n_folds"]), "fold") if "n_folds" in confounds else "several folds"
        yield Sentence(
            f"Of {counted(len(columns), 'other quantity', 'other quantities')} it was asked how well each alone tells the target "
            f"({metric}, out of fold by subject, {folds}), with Holm's adjustment of the p values"
        )


def _figures(metrics: Mapping[str, Any]) -> Sentence:
    vote, unit = metrics["splits"]["test"]["vote"], str(metrics["unit"])
    names = [metric_words(name) for name, entry in metrics_of(metrics["kind"]).items() if entry.heading and vote.get(name) is not None]
    people = f" ({counted(int(vote['n_subjects']), 'subject')})" if vote.get("n_subjects") and unit != "subject" else ""
    return Sentence(f"Figures are of {counted(int(vote['n']), unit)} of the test set{people}: {listed(names, len(names))}")


def _intervals(metrics: Mapping[str, Any], resamples: int | None) -> Iterator[Sentence]:
    seen: dict[str, list[str]] = {}
    for level in ("window", "vote"):
        for key, made in (metrics["splits"]["test"][level].get("intervals") or {}).items():
            if method := made.get("method"):
                seen.setdefault(method, []).append(f"{_metric_of(key, metrics['kind'])} of {level}s")
    for method, whose in seen.items():
        if method.startswith(NONE):
            yield Sentence(f"There is no interval of {' and of '.join(dict.fromkeys(whose))}: {method.removeprefix(NONE).strip()}")
            continue
        drawn = f", {resamples:,} resamples" if "bootstrap" in method and resamples else ""
        sources = tuple(source for word, source in INTERVALS.items() if word in method)
        yield Sentence(f"The 95 % interval of {' and of '.join(dict.fromkeys(whose))} is {method}{drawn}", sources)


def _metric_of(key: str, kind: Kind) -> str:
    for name, entry in metrics_of(kind).items():
        if key in [one.key for one in (entry.interval, *entry.also) if one is not None]:
            return metric_words(name)
    return metric_words(key)


def _tests(told: Told, metrics: Mapping[str, Any], seed: int | None) -> Iterator[Sentence]:
    asked, retrained = told.take("permutations"), told.take("retrain")
    test = metrics.get("permutation") or {}
    if test.get("n") and "refused" not in test:
        how = (
            "networks were trained again on permuted labels"
            if test.get("retrained") or retrained
            else f"labels of {test.get('exchanged', 'subjects')} of the test set were permuted"
        )
        yield Sentence(
            f"Chance was told by a permutation test of {metric_words(str(test.get('statistic', 'the figure')))}: {how} {test['n']:,} times (seed {seed}; mid-p values)",
            (PHIPSON,),
        )
    elif asked:
        yield Sentence(f"{asked:,} permutations were asked for, and not made: {test.get('refused', 'no reason is recorded')}")
