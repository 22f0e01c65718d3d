"""Kinds of explanations, one a file; `registry.EXPLANATION_KINDS` names them."""
