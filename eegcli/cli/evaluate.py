"""`eegcli evaluate`: what has to be trained for it is trained first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eegcli.cli.session import Session


def evaluate(call: Session, given: dict[str, Any]) -> None:
    """Train the controls that are asked for, and evaluate."""
    from dataclasses import replace

    from eegcli import controls
    from eegcli import evaluate as stage
    from eegcli.reporter import Silent

    settings = call.settings(**given | call.inputs(given))
    if controls.are_missing(settings):
        stage.run(replace(settings, dry_run=True), reporter=Silent())  # what cannot be evaluated is refused before it is trained for
    if settings.retrain:
        controls.train_permuted(settings, reporter=call.reporter)
    if settings.audit:
        controls.train_leaky(settings, reporter=call.reporter)
    call.run(stage.run, settings)
