"""`eegcli doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eegcli.cli.session import Session
    from eegcli.doctor.diagnosis import Diagnosis


def doctor(call: Session, given: dict[str, Any]) -> None:
    """Print the diagnosis; 3 where something is broken.

    Raises
    ------
    SystemExit
        With 3 where something is broken.
    """
    from eegcli import doctor as stage
    from eegcli import errors
    from eegcli.doctor.diagnosis import BROKEN

    settings = call.settings(**given | call.inputs(given))
    diagnosis = stage.run(settings, reporter=call.reporter)
    call.reporter.info(f"Page: {settings.page}")
    code = errors.BAD_INPUT if diagnosis.verdict == BROKEN else errors.OK
    if call.options.json:
        call.print_json(code, diagnosis.data(), [])
    else:
        call.print_data("\n\n".join(tables(diagnosis)), {})
    if code:
        raise SystemExit(code)


def tables(diagnosis: Diagnosis) -> list[str]:
    """Tables for the terminal: the causes, ranked; and every check."""
    from eegcli.cli.terminal import table_lines
    from eegcli.errors import counted

    parts = [f"{diagnosis.subject}: {diagnosis.words}"]
    if diagnosis.causes:
        lines = []
        for place, cause in enumerate(diagnosis.causes, start=1):
            lines.append(f"{place}. {cause.message} [{cause.verdict}, {100 * cause.weight:.0f} %]")
            lines += [f"   {cause.hint}"] * bool(cause.hint)
        parts.append("\n".join(lines))
    if (fixed := diagnosis.fixed) is not None:
        below = f"validation set: {counted(fixed.n_windows, 'window')} of {counted(fixed.n_subjects, 'subject')}, by whom the epoch is kept"
        parts.append("\n".join([*table_lines((fixed.changed, *fixed.names), fixed.rows), below]))
    rows = []
    for one in diagnosis.checks:
        value = one.finding.value
        rows.append(
            [
                one.entry.topic,
                one.check,
                one.finding.verdict or "not judged",
                "-" if value is None else f"{value:.3g}",
                f"{one.seconds:.1f}",
            ]
        )
    parts.append("\n".join(table_lines(("topic", "check", "verdict", "figure", "s"), rows)))
    return parts
