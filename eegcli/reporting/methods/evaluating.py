"""Sentences on the evaluation: votes, metrics, intervals, tests and checks that were made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eegcli.errors import counted, listed
from eegcli.registry import METRICS, VOTE_RULES, metrics_of
from eegcli.reporting.material import Material, settings_of
from eegcli.reporting.methods.sentence import Paragraph, Sentence
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
    if (calibration := metrics.get("calibration")) and calibration.get("n_bins"):
        yield Sentence(
            f"Calibration was told by the expected calibration error of {calibration['n_bins']} bins, before and after a temperature that was fitted to validation subjects",
            (GUO,),
        )
    if share := told.asked("conformal"):
        yield Sentence(
            f"Conformal sets were made to hold the truth of {100 * share:g} % of test subjects, calibrated on the other test subjects",
            (VOVK,),
        )
    if confounds := (metrics.get("confounds") or {}).get("columns"):
        yield Sentence(
            f"Whether other quantities tell the target was asked of {counted(len(confounds), 'column')}, by rank, with Holm's adjustment of the p values"
        )
    if by := told.asked("by"):
        yield Sentence(f"Figures were given within groups of {', '.join(by)}, too")
    if checks := metrics.get("leak_checks"):
        yield Sentence(f"The division was checked for leaks: {'; '.join(str(one['name']) for one in checks)}")
    yield Sentence(told.rest())


def _figures(metrics: Mapping[str, Any]) -> Sentence:
    vote = metrics["splits"]["test"]["vote"]
    names = [_words(name) for name, entry in metrics_of(metrics["kind"]).items() if entry.heading and vote.get(name) is not None]
    of = f"{counted(int(vote['n']), metrics['unit'])} of the test set" + (
        f", {counted(int(vote['n_subjects']), 'subject')}" if vote.get("n_subjects") else ""
    )
    return Sentence(f"Figures are of {of}: {listed(names, len(names))}")


def _intervals(metrics: Mapping[str, Any], resamples: int | None) -> Iterator[Sentence]:
    seen: dict[str, list[str]] = {}
    for level in ("window", "vote"):
        for key, made in (metrics["splits"]["test"][level].get("intervals") or {}).items():
            if method := made.get("method"):
                seen.setdefault(method, []).append(f"{_metric_of(key)} of {level}s")
    for method, whose in seen.items():
        if method.startswith(NONE):
            yield Sentence(f"There is no interval of {listed(list(dict.fromkeys(whose)), 20)}: {method.removeprefix(NONE).strip()}")
            continue
        drawn = f", {resamples:,} resamples" if "bootstrap" in method and resamples else ""
        sources = tuple(source for word, source in INTERVALS.items() if word in method)
        yield Sentence(f"The 95 % interval of {listed(list(dict.fromkeys(whose)), 20)} is {method}{drawn}", sources)


def _metric_of(key: str) -> str:
    for name, entry in METRICS.items():
        intervals = [entry.interval, *entry.also] if entry.interval else []
        if any(one.key == key for one in intervals):
            return _words(name)
    return _words(key)


def _words(name: str) -> str:
    return "what the most frequent class reaches as a constant answer" if name == "majority_rate" else name.replace("_", " ")


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
            f"Chance was told by a permutation test of {test.get('statistic', 'the figure')}: {how} {test['n']:,} times (seed {seed}; mid-p values)",
            (PHIPSON,),
        )
    elif asked:
        yield Sentence(f"{asked:,} permutations were asked for, and not made: {test.get('refused', 'no reason is recorded')}")
