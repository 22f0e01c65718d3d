"""Methods section: sentences made of the settings that were used, with their sources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from eegcli.lazy import submodules

if TYPE_CHECKING:
    from eegcli.reporting.material import Material
else:
    __getattr__, __dir__ = submodules(__name__)


def text_of(run: Path) -> str:
    """Write the methods section of a run, in Markdown.

    Parameters
    ----------
    run : Path
        A finished run.

    Returns
    -------
    str
        Paragraphs in the order of processing, each sentence from a setting that was used; then the references, and the digests of all inputs.
        Parts whose artifact is not there are said to be unknown; parts that were not done are not mentioned.

    Raises
    ------
    InputError, ArtifactError
        If the run cannot be opened.
    """
    from eegcli.reporting.material import gather

    return methods_of(gather(run))


def methods_of(material: Material) -> str:
    """Write the methods section of what is at hand of a run."""
    from eegcli.reporting.methods import cleaning, division, evaluating, explaining, network, software, windowing
    from eegcli.reporting.methods.sentence import markdown

    before = (windowing.data, cleaning.paragraph, windowing.paragraph, network.paragraph, division.paragraph, evaluating.paragraph)
    paragraphs = [*(chapter(material) for chapter in before), *evaluating.elsewhere(material)]
    return markdown([*paragraphs, explaining.paragraph(material), software.paragraph(material)], software.provenance(material))
