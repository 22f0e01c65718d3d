"""`eegcli doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eegcli.cli.session import Session
    from eegcli.doctor.diagnosis import Checked, Diagnosis


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
    """Texts for the terminal: the causes, ranked; what a change was worth; what was not judged."""
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
    rows = [
        [one.entry.topic, one.check, _value(one), f"{one.seconds:.1f}", one.finding.why or one.entry.summary]
        for one in diagnosis.checks
        if one.finding.verdict is None
    ]
    n_ok = sum(one.finding.verdict == "ok" for one in diagnosis.checks)
    parts.append(f"{counted(n_ok, 'check is', 'checks are')} ok, {len(rows)} not judged; the page and --json have all of them")
    if rows:
        parts.append("\n".join(table_lines(("topic", "not judged", "figure", "s", "why"), rows)))
    return parts


def _value(one: Checked) -> str:
    return "-" if one.finding.value is None else f"{one.finding.value:.3g}"
