"""Pages of the documentation, cut into sections and blocks of commands."""

from __future__ import annotations

import re
from pathlib import Path

HBN = Path(__file__).parents[2] / "docs" / "hbn.md"


def sections(page: Path) -> dict[str, str]:
    """The text of each section, by its heading."""
    parts = re.split(r"^#{2,3} (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def blocks_of(page: Path, section: str, language: str = "sh") -> list[str]:
    """The blocks of a section that a reader would paste."""
    return re.findall(rf"^```{language}\n(.*?)^```$", sections(page)[section], flags=re.MULTILINE | re.DOTALL)
