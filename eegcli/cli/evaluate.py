"""`eegcli evaluate`: what has to be trained for it is trained first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eegcli.cli.session import Session


def evaluate(call: Session, given: dict[str, Any]) -> None:
    """Train the controls that are asked for, and evaluate."""
    from eegcli import controls
    from eegcli import evaluate as stage

    settings = call.settings(**given | call.inputs(given))
    if settings.retrain:
        controls.train_permuted(settings, reporter=call.reporter)
    if settings.audit:
        controls.train_leaky(settings, reporter=call.reporter)
    call.run(stage.run, settings)
