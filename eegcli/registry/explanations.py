"""Table of explanation methods."""

from __future__ import annotations

EXPLANATIONS: dict[str, str] = {"saliency": "eegcli.explain.methods.saliency:saliency"}
