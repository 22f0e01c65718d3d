"""Table of voting rules: how the predictions of the windows of a unit become one."""

from __future__ import annotations

from dataclasses import dataclass

from eegcli.registry.models import PAPER


@dataclass(frozen=True)
class VoteEntry:
    """A voting rule.

    Attributes
    ----------
    path : str
        Function ``(probabilities, member, n_windows, weight) -> probabilities of each unit``, as ``module:attribute``; the class of the highest
        wins, of equal ones the first.
    summary : str
        One line for the documentation and TAB.
    source : str
        Publication.
    learns : bool
        True where the weight of each window is learned on validation subjects; else `weight` is 1.
    numbers : bool
        True where the rule is defined for a number, too.
    """

    path: str
    summary: str
    source: str
    learns: bool = False
    numbers: bool = False


VOTE_RULES: dict[str, VoteEntry] = {
    "mean": VoteEntry("eegcli.stats.vote_rules:mean", "mean probability over windows", "Kuncheva 2014, section 5.2.1", numbers=True),
    "majority": VoteEntry("eegcli.stats.vote_rules:majority", "class that most windows predict", PAPER),
    "log-odds": VoteEntry(
        "eegcli.stats.vote_rules:log_odds",
        "sum of log-odds over windows; the probability is that of their mean",
        "Kittler et al. 1998, doi:10.1109/34.667881",
    ),
    "weighted": VoteEntry(
        "eegcli.stats.vote_rules:weighted",
        "mean probability, weighted by the quality of windows as learned on validation subjects",
        "Ilse, Tomczak & Welling 2018, arXiv:1802.04712 (attention weights, here of given features)",
        learns=True,
    ),
}
