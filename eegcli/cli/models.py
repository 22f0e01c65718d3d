"""`eegcli models`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from eegcli.cli.options import MODEL, Common, with_common
from eegcli.cli.session import calling
from eegcli.registry import MODELS, REPRESENTATIONS

COLUMNS = ("layer", "kind", "output", "parameters", "multiply-adds", "receptive field")


@with_common("output", "force", "dry_run", "seed", "jobs", "recipe")
def models(
    common: Common,
    name: Annotated[str | None, typer.Argument(help="One architecture; left out: all.", show_default=False)] = None,
    shape: Annotated[
        str, typer.Option(help="Channels x samples; of topomaps bands x height x width, e.g. 3x24x24.", rich_help_panel=MODEL)
    ] = "24x256",
    representation: Annotated[
        str | None,
        typer.Option(
            help=f"What windows hold: {', '.join(REPRESENTATIONS)}. Left out: three numbers of --shape are topomap, two raw.",
            rich_help_panel=MODEL,
            show_default=False,
        ),
    ] = None,
    outputs: Annotated[int, typer.Option(help="Classes, or 1 for a number.", rich_help_panel=MODEL)] = 2,
    sfreq: Annotated[float, typer.Option(help="Sampling frequency (Hz).", rich_help_panel=MODEL)] = 128.0,
) -> None:
    """List the architectures, or describe one for a shape: parameters, multiply-adds, memory, receptive field, layers, source, defaults of training.

    Example: eegcli models vgg --shape 24x256 --outputs 2
    """
    with calling("models", common) as call:
        if name is None:
            from eegcli.cli.talk import table_lines

            rows = [[key, ", ".join(entry.representations), entry.summary] for key, entry in MODELS.items()]
            listed = [{"name": key, "representations": entry.representations, "summary": entry.summary} for key, entry in MODELS.items()]
            call.answer("\n".join(table_lines(("name", "input", "what it is"), rows)), {"models": listed})
            return
        from eegcli.models.describe import describe

        data = describe(name, shape=shape, representation=representation, n_outputs=outputs, sfreq=sfreq)
        from eegcli.cli.talk import table_lines

        head = [f"{key:<15} {_shown(value)}" for key, value in data.items() if key != "layers"]
        call.answer("\n".join([*head, "", *table_lines(COLUMNS, [_row(layer) for layer in data["layers"]])]), data)


def _row(layer: dict[str, Any]) -> list[str]:
    outputs = ", ".join("x".join(map(str, shape)) for shape in layer["output_shapes"])
    field = "x".join(map(str, layer["receptive_field"]))
    return [layer["name"] or "(whole)", layer["kind"], outputs, *(f"{layer[key]:,}" for key in ("n_parameters", "multiply_adds")), field]


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items()) or "closed form"
    if isinstance(value, list):
        return (", " if isinstance(value[0], str) else "x").join(str(item) for item in value)
    return f"{value:,}" if isinstance(value, int) else str(value)
