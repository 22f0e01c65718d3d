"""Answers of the first screen: how good, how sure, against which baseline, did anything leak, does the explanation hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eegcli.errors import counted
from eegcli.registry import METRICS, choosing_metric, headline_metric
from eegcli.reporting.content import Answer, Verdict
from eegcli.reporting.material import Material
from eegcli.reporting.sections import planted
from eegcli.reporting.sections.explanations import passed_of
from eegcli.reporting.wording import beside, bounds_of, headline, interval_of, people, with_unit

NOT_EVALUATED = "not evaluated"


def answers_of(material: Material) -> tuple[Answer, ...]:
    """Five answers, each with what must stand beside it; a part that is not there says so."""
    metrics = None if material.evaluation is None else material.evaluation.metrics
    return (_how_good(material, metrics), _how_sure(material, metrics), _baseline(material, metrics), _leaks(metrics), explained(material))


def _how_good(material: Material, metrics: Mapping[str, Any] | None) -> Answer:
    question = "How good is it?"
    if metrics is None:
        return Answer(question, NOT_EVALUATED, "No figure of a test set: eegcli evaluate makes it.", "not-judged")
    test, kind = metrics["splits"]["test"], material.run.kind
    vote, window = test["vote"], test["window"]
    of_whom = people(vote) if metrics["unit"] == "subject" else f"{counted(int(vote['n']), metrics['unit'])} ({people(vote)})"
    detail = [f"Votes of {of_whom}: {', '.join(beside(vote, kind))}."]
    detail.append(f"Per window: {headline(window, kind)}; {', '.join(beside(window, kind))}.")
    return Answer(question, headline(vote, kind), " ".join(detail))


def _how_sure(material: Material, metrics: Mapping[str, Any] | None) -> Answer:
    question = "How sure is that?"
    if metrics is None:
        return Answer(question, NOT_EVALUATED, "", "not-judged")
    vote, name = metrics["splits"]["test"]["vote"], headline_metric(material.run.kind)
    entry = METRICS[name]
    interval = interval_of(vote, entry) or "no interval"
    made = (vote.get("intervals") or {}).get(entry.interval.key if entry.interval else "", {})
    detail = [f"95 % interval over {people(vote)}: {made.get('method', 'not given')}."]
    if "coverage" in made:
        detail.append(f"In simulation it held the truth in {made['coverage']:.0f} % ({made['simulated']}).")
    if "given" in made:
        detail.append(f"It is made {made['given']}: networks of folds share subjects.")
    permutation = metrics.get("permutation") or {}
    p = (permutation.get("vote") or {}).get("p")
    if p is not None:
        again = "networks trained again on permuted labels" if permutation.get("retrained") else "labels of the test set permuted"
        detail.append(f"p = {p:.2g} ({again}, {permutation.get('n', 0):,} times).")
    if "refused" in permutation:
        detail.append(f"No permutation test: {permutation['refused']}.")
    return Answer(question, interval, " ".join(detail), _above_chance(vote, name))


def _above_chance(vote: Mapping[str, Any], name: str) -> Verdict:
    """Verdict on the interval of an accuracy: whether what a constant reaches lies below it."""
    bounds, constant = bounds_of(vote, "ci95"), vote.get("majority_rate")
    if name != "accuracy" or bounds is None or constant is None:
        return ""
    return "ok" if bounds[0] > constant else "suspect"


def _baseline(material: Material, metrics: Mapping[str, Any] | None) -> Answer:
    question = "Against which baseline?"
    run, kind = material.validated or material.run, material.run.kind
    vote = {} if metrics is None else metrics["splits"]["test"]["vote"]
    constant = vote.get("majority_rate")
    name = choosing_metric(kind)
    entry, key = METRICS[name], f"validation_{name}"
    pairs = [(one["strongest_baseline"], one["validation"]) for one in run.metrics["networks"] if one.get("strongest_baseline")]
    detail, verdict = [], ""
    short = f"constant answer {with_unit(METRICS['majority_rate'], constant)}" if constant is not None else "the constant answer"
    if pairs and all(key in ours and key in theirs for theirs, ours in pairs):
        theirs, ours = (sum(one[key] for one in column) / len(pairs) for column in zip(*pairs, strict=True))
        archs = ", ".join(dict.fromkeys(str(one["arch"]) for one, _ in pairs))
        short += f"; {archs} {with_unit(entry, theirs)}"
        detail.append(
            f"The strongest of {pairs[0][0].get('n_compared', 'several')} closed forms on the same validation subjects has a {name.replace('_', ' ')} "
            f"of {with_unit(entry, theirs)}, the network {with_unit(entry, ours)}."
        )
        worse = ours < theirs if entry.better == "higher" else ours > theirs
        verdict = "suspect" if worse else "ok"
        detail.append("The network does not beat it." if worse else "The network beats it.")
        if material.validated is not None:
            detail.append("Both are of the training before the refit, in which these subjects were not learnt from.")
    else:
        detail.append("No closed form was fitted to the same subjects (--no-baseline, no validation set, or the run is one itself).")
    return Answer(question, short, " ".join(detail), "suspect" if verdict == "suspect" else "ok" if verdict else "")


def _leaks(metrics: Mapping[str, Any] | None) -> Answer:
    question = "Did anything leak?"
    if metrics is None:
        return Answer(question, "not checked", "The checks are part of an evaluation.", "not-judged")
    checks = metrics.get("leak_checks") or []
    failed = [one for one in checks if one.get("passed") is False]
    unknown = [one for one in checks if one.get("passed") is None]
    if failed:
        return Answer(
            question, f"yes: {counted(len(failed), 'check')} failed", f"{'; '.join(str(one['name']) for one in failed)}.", "broken"
        )
    detail = (
        f"{counted(len(checks) - len(unknown), 'check')} passed: {'; '.join(str(one['name']) for one in checks if one not in unknown)}."
    )
    if unknown:
        detail += f" Not judged: {'; '.join(str(one['name']) for one in unknown)}."
    marked = metrics.get("marked")
    if marked:
        return Answer(question, "excused, and marked", f"{marked}. {detail}", "suspect")
    return Answer(question, f"no: {len(checks) - len(unknown)} of {len(checks)} checks passed", detail, "ok" if not unknown else "suspect")


def explained(material: Material) -> Answer:
    """Answer on the explanation: how many of its methods hold."""
    question = "Does the explanation hold?"
    if material.explanation is None:
        return Answer(question, "not explained", "eegcli explain makes it, with its controls.", "not-judged")
    methods = material.explanation.metrics["methods"]
    judged = [one for one in methods if one.get("passed") is not None]
    held = [one for one in judged if one["passed"]]
    n_passed, n_run = (sum(numbers) for numbers in zip(*map(passed_of, methods), strict=True)) if methods else (0, 0)
    detail = f"{len(held)} of {counted(len(judged), 'method')} passed every control that was run." if judged else "No method has a control."
    detail += f" Of {counted(n_run, 'control')} in all {n_passed} were passed." if n_run else ""
    if failed := [str(one["name"]) for one in judged if not one["passed"]]:
        detail += f" Drawn in grey, not to be believed: {', '.join(failed)}."
    detail += f" {found.words}" if (found := planted.finding(material)) is not None else ""
    verdict: Verdict = "not-judged" if not judged else "ok" if len(held) == len(judged) else "suspect" if held else "broken"
    return Answer(question, f"passed {len(held)} of {len(judged)}" if judged else "no controls", detail, verdict)
