"""`eegcli models`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eegcli.registry import MODELS, plugins

if TYPE_CHECKING:
    from eegcli.cli.session import Session

COLUMNS = ("layer", "kind", "output", "parameters", "multiply-adds", "receptive field")


def models(call: Session, given: dict[str, Any]) -> None:
    """Print the architectures, or all about one."""
    settings = call.settings(**given)
    if settings.name is None:
        from eegcli.cli.terminal import table_lines

        declared = {key: plugin for key, plugin in plugins().items() if key not in MODELS}
        rows = [[key, ", ".join(entry.representations), entry.summary] for key, entry in MODELS.items()]
        listed = [{"name": key, "representations": entry.representations, "summary": entry.summary} for key, entry in MODELS.items()]
        rows += [[key, "raw", plugin.summary] for key, plugin in declared.items()]
        listed += [{"name": key, "representations": ("raw",), "summary": plugin.summary} for key, plugin in declared.items()]
        call.print_data("\n".join(table_lines(("name", "input", "what it is"), rows)), {"models": listed})
        return
    from eegcli.models.describe import describe

    data = describe(
        settings.name, shape=settings.shape, representation=settings.representation, n_outputs=settings.outputs, sfreq=settings.sfreq
    )
    from eegcli.cli.terminal import table_lines

    head = [f"{key:<15} {_shown(value)}" for key, value in data.items() if key != "layers"]
    call.print_data("\n".join([*head, "", *table_lines(COLUMNS, [_row(layer) for layer in data["layers"]])]), data)


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
