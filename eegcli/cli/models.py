"""`eegcli models`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from eegcli.cli.options import MODEL, Common, with_common
from eegcli.cli.session import calling
from eegcli.registry import MODELS, lookup


@with_common("output", "force", "dry_run", "seed", "jobs", "recipe")
def models(
    common: Common,
    name: Annotated[str | None, typer.Argument(help="One architecture; left out: all.", show_default=False)] = None,
    shape: Annotated[str, typer.Option(help="Channels x samples.", rich_help_panel=MODEL)] = "24x256",
    outputs: Annotated[int, typer.Option(help="Classes, or 1 for a number.", rich_help_panel=MODEL)] = 2,
    sfreq: Annotated[float, typer.Option(help="Sampling frequency (Hz).", rich_help_panel=MODEL)] = 128.0,
) -> None:
    """List the architectures, or describe one: input, parameters for a shape, source, defaults of training.

    Example: eegcli models vgg --shape 24x256 --outputs 2
    """
    with calling("models", common) as call:
        if name is None:
            from eegcli.cli.talk import table_lines

            rows = [[key, entry.representation, entry.summary] for key, entry in MODELS.items()]
            data = [{"name": key, "representation": entry.representation, "summary": entry.summary} for key, entry in MODELS.items()]
            call.answer("\n".join(table_lines(("name", "input", "what it is"), rows)), {"models": data})
            return
        entry = MODELS[lookup("architecture", name, MODELS)]
        n_chans, n_times = _parse_shape(shape)
        from eegcli.models import build

        network = build(name, n_chans=n_chans, n_times=n_times, n_outputs=outputs, sfreq=sfreq)
        answer: dict[str, Any] = {
            "name": name,
            "summary": entry.summary,
            "representation": entry.representation,
            "shape": [n_chans, n_times],
            "outputs": outputs,
            "n_parameters": sum(parameter.numel() for parameter in network.parameters()),
            "source": entry.source,
            "training": dict(entry.training),
        }
        layers = [
            [label or "(whole)", type(layer).__name__, f"{sum(p.numel() for p in layer.parameters()):,}"]
            for label, layer in network.named_modules()
            if not list(layer.children())
        ]
        from eegcli.cli.talk import table_lines

        lines = [f"{key:<15} {_shown(value)}" for key, value in answer.items()] + [
            "",
            *table_lines(("layer", "kind", "parameters"), layers),
        ]
        call.answer("\n".join(lines), answer)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items()) or "closed form"
    if isinstance(value, list):
        return "x".join(str(item) for item in value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _parse_shape(shape: str) -> tuple[int, int]:
    from eegcli.errors import UsageError

    parts = shape.lower().split("x")
    if len(parts) != 2 or not all(part.isdigit() and int(part) > 0 for part in parts):
        raise UsageError(f"--shape {shape}: channels x samples are needed, e.g. 24x256")
    return int(parts[0]), int(parts[1])
