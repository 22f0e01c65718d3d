"""`eegcli models`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eegcli.errors import UsageError
from eegcli.registry import MODELS, REPRESENTATIONS, form_of

if TYPE_CHECKING:
    from eegcli.cli.session import Session


def models(call: Session, given: dict[str, Any]) -> None:
    """Print the architectures, or all about one."""
    settings = call.settings(**given)
    name, shape, outputs = settings.name, settings.shape, settings.outputs
    if name is None:
        from eegcli.cli.talk import table_lines

        rows = [[key, ", ".join(entry.representations), entry.summary] for key, entry in MODELS.items()]
        data = [{"name": key, "representations": entry.representations, "summary": entry.summary} for key, entry in MODELS.items()]
        call.answer("\n".join(table_lines(("name", "input", "what it is"), rows)), {"models": data})
        return
    entry = MODELS[name]
    sizes = _parse_shape(shape)
    representation = settings.representation or ("topomap" if len(sizes) == len(REPRESENTATIONS["topomap"].axes) else "raw")
    form_of(name, representation)  # before torch is imported, which takes seconds
    named = _name_sizes(shape, sizes, representation)
    from eegcli.models import build

    network = build(name, representation=representation, n_outputs=outputs, sfreq=settings.sfreq, **named)
    answer: dict[str, Any] = {
        "name": name,
        "summary": entry.summary,
        "representation": representation,
        "representations": list(entry.representations),
        "shape": sizes,
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
        return (", " if isinstance(value[0], str) else "x").join(str(item) for item in value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _parse_shape(shape: str) -> list[int]:
    parts = shape.lower().split("x")
    if not all(part.isdigit() and int(part) > 0 for part in parts) or len(parts) not in (2, 3):
        raise UsageError(f"--shape {shape}: channels x samples are needed, e.g. 24x256, or bands x height x width, e.g. 3x24x24")
    return [int(part) for part in parts]


def _name_sizes(shape: str, sizes: list[int], representation: str) -> dict[str, int]:
    axes = REPRESENTATIONS[representation].axes
    if len(axes) != len(sizes):
        raise UsageError(f"--shape {shape}: windows of the representation {representation} are {' x '.join(axes)}")
    return dict(zip(axes, sizes, strict=True))
