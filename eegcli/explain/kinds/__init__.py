"""Kinds of explanations, one a file; `registry.EXPLANATION_KINDS` names them."""

from typing import TYPE_CHECKING

from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)
