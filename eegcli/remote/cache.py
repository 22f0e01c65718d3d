"""Cache of artifacts that lie at an address."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "EEGCLI_CACHE"


def cache_folder() -> Path:
    """``$EEGCLI_CACHE``, else the user's cache folder."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("eegcli")).absolute()


def is_copy(path: Path) -> bool:
    """Test that a path is a copy in the cache."""
    return path.absolute().is_relative_to(cache_folder())
