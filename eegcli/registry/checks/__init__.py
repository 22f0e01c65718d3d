"""Tables of checks, a topic a file: to add a check, a file in `eegcli.checks` and a line in one of these."""

from eegcli.registry.checks.data import CHECKS_OF_DATA
from eegcli.registry.checks.entry import DATA, LABELS, LEAKS, NETWORK, RESULT, SPLIT, TOPICS, TRAINING, CheckEntry
from eegcli.registry.checks.labels import CHECKS_OF_LABELS
from eegcli.registry.checks.leaks import CHECKS_OF_LEAKS
from eegcli.registry.checks.network import CHECKS_OF_NETWORK
from eegcli.registry.checks.result import CHECKS_OF_RESULT
from eegcli.registry.checks.split import CHECKS_OF_SPLIT
from eegcli.registry.checks.training import CHECKS_OF_TRAINING

CHECKS: dict[str, CheckEntry] = {
    **CHECKS_OF_LEAKS,
    **CHECKS_OF_DATA,
    **CHECKS_OF_LABELS,
    **CHECKS_OF_SPLIT,
    **CHECKS_OF_NETWORK,
    **CHECKS_OF_TRAINING,
    **CHECKS_OF_RESULT,
}

__all__ = ["CHECKS", "DATA", "LABELS", "LEAKS", "NETWORK", "RESULT", "SPLIT", "TOPICS", "TRAINING", "CheckEntry"]
