"""Conditions on the columns of a table, such as ``sex == 'F' and age < 12``: of `--where`, and of `--segment` on events.

The text is parsed as a Python expression and its tree is walked by us: names are columns, and only what is listed here
has a meaning. Nothing is ever evaluated by Python. A column whose name is no name in Python stands in backticks, as in pandas.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import InputError, UsageError

HINT = "For example \"sex == 'F' and 5 <= age < 12\"; and, or, not, in, is None, + - * /, brackets and `column name` in backticks work."
_LONGEST = 2000  # characters
_QUOTED = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|`([^`]+)`""")  # a text, which stays as it is, or a column in backticks
_ALIAS = "_backtick_{}_"
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass(frozen=True)
class _Value:
    """A column of values while a condition is worked out.

    `kind` is ``number``, ``text`` or ``truth``; `known` is False where the value is missing, or depends on one that is.
    """

    kind: str
    values: NDArray[Any]
    known: NDArray[np.bool_]


def where(condition: str, table: Mapping[str, NDArray[Any]], *, option: str = "--where") -> NDArray[np.bool_]:
    """Rows of a table that fulfil a condition.

    Parameters
    ----------
    condition : str
        Comparisons (``== != < <= > >= in``) of columns with constants or with each other, joined by ``and``, ``or``,
        ``not`` and brackets; ``+ - * /`` on numbers; ``column is None`` where a value is missing.
    table : mapping of str to ndarray, shape (n_rows,)
        Text as objects (None is missing), numbers (NaN is missing), truth.
    option : str
        What an error calls the place that the condition stands in.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
        True where the condition holds. As in SQL, a comparison with a missing value is unknown, and unknown is not chosen.

    Raises
    ------
    UsageError
        If the condition cannot be read, or compares text with a number.
    InputError
        If there is no such column.
    """
    if len(condition) > _LONGEST:
        raise UsageError(f"{option}: longer than {_LONGEST} characters")
    aliases: list[str] = []
    said = f"{option} {condition}"
    try:
        tree = ast.parse(_QUOTED.sub(lambda match: match[1] or _alias(match[2], aliases), condition.strip()), mode="eval").body
        n_rows = len(next(iter(table.values()))) if table else 0
        with np.errstate(divide="ignore", invalid="ignore"):
            result = _Reader(said, table, n_rows, aliases).value(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"{said}: cannot be read", hint=HINT) from error
    if result.kind != "truth":
        raise UsageError(f"{said}: is a {result.kind}, not a condition", hint=HINT)
    return result.values.astype(bool) & result.known


def _alias(column: str, aliases: list[str]) -> str:
    """Name in Python that stands for a column in backticks."""
    aliases.append(column)
    return _ALIAS.format(len(aliases) - 1)


class _Reader:
    def __init__(self, said: str, table: Mapping[str, NDArray[Any]], n_rows: int, aliases: list[str]) -> None:
        self._said, self._table, self._n_rows = said, table, n_rows
        self._aliases = {_ALIAS.format(number): name for number, name in enumerate(aliases)}

    def _unparsed(self, node: ast.expr) -> str:
        """Text of a part of the condition, as the user wrote it."""
        text = ast.unparse(node)
        for alias, name in self._aliases.items():
            text = text.replace(alias, f"`{name}`")
        return text

    def value(self, node: ast.expr) -> _Value:
        match node:
            case ast.Name(id=name):
                return self._column(name)
            case ast.Constant(value=constant):
                return self._constant(constant)
            case ast.BoolOp(op=op, values=nodes):
                return self._join(isinstance(op, ast.And), [self._truth(each) for each in nodes])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self._truth(operand)
                return _Value("truth", ~inner.values, inner.known)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                inner = self._number(operand)
                return _Value("number", -inner.values if isinstance(sign, ast.USub) else inner.values, inner.known)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                a, b = self._number(left), self._number(right)
                values = _ARITHMETIC[type(op)](a.values, b.values)
                return _Value("number", values, a.known & b.known & np.isfinite(values))
            case ast.Compare(left=left, ops=ops, comparators=rights):
                nodes = [left, *rights]
                return self._join(True, [self._compare(a, op, b) for a, op, b in zip(nodes[:-1], ops, nodes[1:], strict=True)])
        raise UsageError(f"{self._said}: {self._unparsed(node)} has no meaning here", hint=HINT)

    def _column(self, name: str) -> _Value:
        name = self._aliases.get(name, name)
        if name not in self._table:
            raise InputError(f"{self._said}: there is no column {name}", hint=f"There are: {', '.join(sorted(self._table))}.")
        column = np.asarray(self._table[name])
        if column.dtype.kind == "b":
            return _Value("truth", column, np.ones(self._n_rows, bool))
        if column.dtype.kind == "O":
            known = np.array([value is not None for value in column], dtype=bool)
            return _Value("text", np.array([str(value) for value in column], dtype=object), known)
        values = column.astype(float)
        return _Value("number", values, ~np.isnan(values))

    def _constant(self, value: object) -> _Value:
        known = np.ones(self._n_rows, bool)
        if isinstance(value, bool):
            return _Value("truth", np.full(self._n_rows, value), known)
        if isinstance(value, (int, float)):
            return _Value("number", np.full(self._n_rows, float(value)), known)
        if isinstance(value, str):
            return _Value("text", np.full(self._n_rows, value, dtype=object), known)
        raise UsageError(f"{self._said}: {value!r} has no meaning here", hint=HINT)

    def _compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> _Value:
        if isinstance(op, (ast.Is, ast.IsNot)):
            if not (isinstance(right, ast.Constant) and right.value is None):
                raise UsageError(f"{self._said}: `is` goes with None only", hint="None is a missing value; compare others with ==.")
            known = self.value(left).known
            return _Value("truth", known if isinstance(op, ast.IsNot) else ~known, np.ones(self._n_rows, bool))
        if isinstance(op, (ast.In, ast.NotIn)):
            if not isinstance(right, (ast.List, ast.Tuple, ast.Set)):
                raise UsageError(f"{self._said}: `in` needs a list, such as ['F', 'M']", hint=HINT)
            inside = self._join(False, [self._compare(left, ast.Eq(), item) for item in right.elts])
            return inside if isinstance(op, ast.In) else _Value("truth", ~inside.values, inside.known)
        a, b = self.value(left), self.value(right)
        if a.kind != b.kind:
            raise UsageError(
                f"{self._said}: {self._unparsed(left)} is {a.kind}, {self._unparsed(right)} is {b.kind}",
                hint="Text stands in quotes: sex == 'F'.",
            )
        return _Value("truth", _COMPARE[type(op)](a.values, b.values).astype(bool), a.known & b.known)

    def _join(self, all_of_them: bool, parts: list[_Value]) -> _Value:
        """And, or: known where one part decides, or all parts are known (Kleene's logic)."""
        deciding = np.zeros(self._n_rows, bool)
        known = np.ones(self._n_rows, bool)
        for part in parts:
            deciding |= part.known & (part.values != all_of_them)
            known &= part.known
        return _Value("truth", deciding != all_of_them, deciding | known)

    def _truth(self, node: ast.expr) -> _Value:
        return self._of_kind("truth", node)

    def _number(self, node: ast.expr) -> _Value:
        return self._of_kind("number", node)

    def _of_kind(self, kind: str, node: ast.expr) -> _Value:
        value = self.value(node)
        if value.kind != kind:
            wanted = "a condition" if kind == "truth" else "a number"
            raise UsageError(f"{self._said}: {self._unparsed(node)} is {value.kind}, not {wanted}", hint=HINT)
        return value
