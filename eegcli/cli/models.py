"""`eegcli models`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eegcli.registry import MODELS, plugins

if TYPE_CHECKING:
    from eegcli.cli.session import Session

COLUMNS = ("layer", "kind", "output", "parameters", "multiply-adds", "memory", "receptive field")


def models(call: Session, given: dict[str, Any]) -> None:
    """Print the architectures, or all about one."""
    settings = call.settings(**given)
    if settings.name is None:
        from eegcli.cli.terminal import table_lines

        declared = {key: plugin for key, plugin in plugins().items() if key not in MODELS}
        rows = [[key, ", ".join(entry.representations), entry.summary] for key, entry in MODELS.items()]
        listed: list[dict[str, Any]] = [
            {
                "name": key,
                "summary": entry.summary,
                "source": entry.source,
                "representations": entry.representations,
                "recommended": entry.recommended,
            }
            for key, entry in MODELS.items()
        ]
        rows += [[key, "raw", plugin.summary] for key, plugin in declared.items()]
        listed += [
            {"name": key, "summary": plugin.summary, "source": plugin.foreign.name, "representations": ("raw",), "recommended": False}
            for key, plugin in declared.items()
        ]
        weights: dict[str, list[str]] = {}
        if given.get("shape"):
            from eegcli.models.describe import count

            figures = {"representation": settings.representation, "n_outputs": settings.outputs, "sfreq": settings.sfreq}
            for one in listed:
                # Of a plug-in nothing is imported for a list.
                unknown = (None, f"not imported for a list: see eegcli models {one['name']}")
                one["n_parameters"], one["reason"] = (
                    unknown if one["name"] in declared else count(one["name"], shape=settings.shape, **figures)
                )
            weights = {"parameters": ["-" if one["n_parameters"] is None else f"{one['n_parameters']:,}" for one in listed]}
            if any(one["reason"] for one in listed):
                weights["why none"] = [one["reason"] for one in listed]
            rows = [[*row[:2], *cells, row[2]] for row, *cells in zip(rows, *weights.values(), strict=True)]
        columns = ("name", "input", *weights, "what it is")
        call.print_data("\n".join(table_lines(columns, rows)), {"models": listed})
        return
    from eegcli.models.describe import describe

    data = describe(
        settings.name,
        shape=settings.shape,
        representation=settings.representation,
        n_outputs=settings.outputs,
        sfreq=settings.sfreq,
        options=settings.options,
        fit_window=settings.fit_window,
    )
    from eegcli.cli.terminal import table_lines

    head = [
        f"{key:<18} {_shown(value)}" for key, value in data.items() if key != "layers" and (value not in (None, {}) or key == "training")
    ]
    call.print_data("\n".join([*head, "", *table_lines(COLUMNS, [_row(layer) for layer in data["layers"]])]), data)


def _row(layer: dict[str, Any]) -> list[str]:
    outputs = ", ".join("x".join(map(str, shape)) for shape in layer["output_shapes"])
    field = "x".join(map(str, layer["receptive_field"]))
    if layer["receptive_field_ms"] is not None:
        field = f"{field} ({layer['receptive_field_ms']:g} ms)"
    figures = (f"{layer[key]:,}" for key in ("n_parameters", "multiply_adds", "memory_bytes"))
    return [layer["name"] or "(whole)", layer["kind"], outputs, *figures, field]


def _item(value: Any) -> str:
    """A value of a table: of several, with commas, as `--set` takes them; of words, with bars."""
    if isinstance(value, (list, tuple)):
        return ("|" if value and isinstance(value[0], str) else ",").join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_item(item)}" for name, item in value.items()) or "closed form"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return (", " if isinstance(value[0], str) else "x").join(str(item) for item in value)
    return f"{value:,}" if isinstance(value, int) else str(value)
