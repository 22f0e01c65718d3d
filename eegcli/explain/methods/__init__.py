"""Explanation methods, one a file; `registry.EXPLANATIONS` names them."""
