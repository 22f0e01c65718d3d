"""Documents: a template of a room, with the shared style, rendered to text."""

from __future__ import annotations

from typing import Any

from eegcli.version import __version__


def render(package: str, template: str, **contents: Any) -> str:
    """Render a page; equal contents give equal text.

    Parameters
    ----------
    package : str
        Package whose folder holds the template, such as ``eegcli.doctor.page``.
    template : str
        Name of the file; with ``{% include "style.css" %}`` it takes the style of all pages.
    **contents
        By the names of the template; `version` is given.

    Returns
    -------
    str
        Everything that is not marked safe is escaped: names come from files of other people.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package, ""), PackageLoader("eegcli.pages", "")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["tied"] = tied
    return environment.get_template(template).render(version=__version__, **contents)


def tied(words: str) -> str:
    """Tie a percent sign to its number, so that no line begins with it."""
    return words.replace(" %", "\u00a0%")
