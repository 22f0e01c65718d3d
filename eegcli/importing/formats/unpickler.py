"""Pickles of NumPy arrays, read by a machine of our own that calls nothing: what is no number, text, list, dict or array is refused.

The format: Python's `pickletools`, protocols 0 to 5. Nothing is imported and nothing is run, whatever the file says; large arrays stay
in the file, which is mapped into memory.
"""

from __future__ import annotations

import codecs
import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from eegcli.errors import InputError
from eegcli.importing.formats.contents import Mapped, mapped, releasing

MAX_OPERATIONS = 1_000_000  # of a pickle of arrays there are hundreds
_LONGEST_LINE = 1 << 16  # bytes: names and numbers; text of protocol 0 has no such limit
_NUMBERS = "biuf"

# What a pickle of arrays names. Each is a mark here, and never the function of this name.
_RECONSTRUCT, _ARRAY, _DTYPE, _SCALAR, _FROM_BUFFER, _ENCODE, _LATIN = (
    "_reconstruct",
    "ndarray",
    "dtype",
    "scalar",
    "_frombuffer",
    "encode",
    "bytes",
)
_ALLOWED = {
    **{(f"{package}.multiarray", name): name for package in ("numpy.core", "numpy._core") for name in (_RECONSTRUCT, _SCALAR)},
    **{(f"{package}.numeric", _FROM_BUFFER): _FROM_BUFFER for package in ("numpy.core", "numpy._core")},
    ("numpy", _ARRAY): _ARRAY,
    ("numpy", _DTYPE): _DTYPE,
    ("_codecs", _ENCODE): _ENCODE,  # by which Python 3 writes bytes in protocol 2
    ("__builtin__", _LATIN): _LATIN,
    ("builtins", _LATIN): _LATIN,
}


@dataclass(frozen=True)
class _Name:
    """Name of something that is allowed."""

    name: str


@dataclass
class _Made:
    """Array or type of numbers that the pickle is about to describe."""

    kind: str
    value: Any = None


_MARK: Final = object()


class _Refusal(Exception):
    """A pickle that asks for more than arrays."""


def read_pickle(path: Path) -> Any:
    """Read a pickle of numbers, texts, lists, dicts and NumPy arrays (as `Mapped`).

    Raises
    ------
    InputError
        If it holds anything else, or is damaged.
    """
    memory = mapped(path)
    machine = _Machine(memory)
    try:
        return _plain(machine.run())
    except _Refusal as refusal:
        raise InputError(
            f"{path}: not a pickle of arrays alone: it {refusal}",
            hint="It was not loaded, and nothing in it was run. Save the arrays as .npz.",
        ) from None
    except (IndexError, KeyError, ValueError, TypeError, struct.error, UnicodeError, OverflowError, AttributeError) as error:
        raise InputError(f"{path}: no pickle, or a damaged or truncated one", hint="Copy or download the file again.") from error


def _plain(value: Any) -> Any:
    """Result of the machine; what was only named, or is not an array yet, is none."""
    if isinstance(value, dict):
        return {str(name): _finished(item) for name, item in value.items()}
    return _finished(value)


def _finished(value: Any) -> Any:
    if isinstance(value, _Made):
        if not isinstance(value.value, Mapped):
            raise _Refusal("holds an array without values")
        return value.value
    if isinstance(value, _Name):
        raise _Refusal(f"holds the name {value.name}")
    return bytes(value) if isinstance(value, memoryview) else value


@dataclass
class _Machine:
    """Machine that reads a pickle: stack, memo, and the operations that are allowed."""

    memory: mmap.mmap
    place: int = 0
    stack: list[Any] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def run(self) -> Any:
        """Result of the pickle."""
        operations = self._operations()
        for _ in range(MAX_OPERATIONS):
            code = self._bytes(1)[0]
            if code == ord("."):
                return self.stack.pop()
            operation = operations.get(code)
            if operation is None:
                raise _Refusal(f"has the operation {code:#04x}, which no array needs")
            operation()
        raise _Refusal(f"has more than {MAX_OPERATIONS:,} operations")

    def _bytes(self, n: int) -> memoryview:
        if n < 0 or self.place + n > len(self.memory):
            raise ValueError("truncated")
        piece = memoryview(self.memory)[self.place : self.place + n]
        self.place += n
        return piece

    def _number(self, form: str) -> int:
        (value,) = struct.unpack(form, self._bytes(struct.calcsize(form)))
        return int(value)

    def _line(self, longest: int = _LONGEST_LINE) -> bytes:
        end = self.memory.find(b"\n", self.place, min(self.place + longest, len(self.memory)))
        if end < 0:
            raise ValueError("truncated")
        line = bytes(self._bytes(end - self.place))
        self.place += 1
        return line

    def _marked(self) -> list[Any]:
        """Items above the last mark."""
        for index in range(len(self.stack) - 1, -1, -1):
            if self.stack[index] is _MARK:
                items = self.stack[index + 1 :]
                del self.stack[index:]
                return items
        raise ValueError("no mark")

    def _text(self, n: int) -> str:
        return bytes(self._bytes(n)).decode("utf-8", "surrogatepass")

    def _operations(self) -> dict[int, Callable[[], None]]:
        push, number, read = self.stack.append, self._number, self._bytes
        actions: dict[bytes, Callable[[], None]] = {
            b"\x80": lambda: self._protocol(),
            b"\x95": lambda: self._skip(8),  # frame
            b"(": lambda: push(_MARK),
            b"0": lambda: self._drop(),
            b"N": lambda: push(None),
            b"\x88": lambda: push(True),
            b"\x89": lambda: push(False),
            b"K": lambda: push(number("<B")),
            b"M": lambda: push(number("<H")),
            b"J": lambda: push(number("<i")),
            b"\x8a": lambda: push(int.from_bytes(read(number("<B")), "little", signed=True)),
            b"I": lambda: push(self._integer()),
            b"L": lambda: push(int(self._line().rstrip(b"L"))),
            b"F": lambda: push(float(self._line())),
            b"G": lambda: push(struct.unpack(">d", read(8))[0]),
            b"U": lambda: push(read(number("<B"))),
            b"T": lambda: push(read(number("<i"))),
            b"C": lambda: push(read(number("<B"))),
            b"B": lambda: push(read(number("<I"))),
            b"\x8e": lambda: push(read(number("<Q"))),
            b"\x96": lambda: push(read(number("<Q"))),  # a bytearray, in which protocol 5 keeps arrays
            b"S": lambda: push(self._quoted()),
            b"V": lambda: push(self._line(len(self.memory)).decode("raw-unicode-escape")),
            b"\x8c": lambda: push(self._text(number("<B"))),
            b"X": lambda: push(self._text(number("<I"))),
            b")": lambda: push(()),
            b"t": lambda: push(tuple(self._marked())),
            b"\x85": lambda: self._tuple(1),
            b"\x86": lambda: self._tuple(2),
            b"\x87": lambda: self._tuple(3),
            b"]": lambda: push([]),
            b"l": lambda: push(self._marked()),
            b"a": lambda: self._append([self.stack.pop()]),
            b"e": lambda: self._append(self._marked()),
            b"}": lambda: push({}),
            b"d": lambda: push(self._pairs(self._marked())),
            b"s": lambda: self._set([self.stack.pop(), self.stack.pop()][::-1]),
            b"u": lambda: self._set(self._marked()),
            b"q": lambda: self._keep(number("<B")),
            b"r": lambda: self._keep(number("<I")),
            b"p": lambda: self._keep(int(self._line())),
            b"\x94": lambda: self._keep(len(self.memo)),
            b"h": lambda: push(self.memo[number("<B")]),
            b"j": lambda: push(self.memo[number("<I")]),
            b"g": lambda: push(self.memo[int(self._line())]),
            b"c": lambda: push(self._name(self._line().decode(), self._line().decode())),
            b"\x93": lambda: self._stack_name(),
            b"R": lambda: self._call(),
            b"b": lambda: self._build(),
        }
        return {code[0]: action for code, action in actions.items()}

    def _protocol(self) -> None:
        if (protocol := self._number("<B")) > 5:
            raise _Refusal(f"is of protocol {protocol}")

    def _skip(self, n: int) -> None:
        self._bytes(n)

    def _drop(self) -> None:
        self.stack.pop()

    def _integer(self) -> int | bool:
        line = self._line()
        return line == b"01" if line in (b"00", b"01") else int(line)

    def _quoted(self) -> bytes:
        line = self._line(len(self.memory)).strip()
        if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in b"'\"":
            raise ValueError("no text")
        return bytes(codecs.escape_decode(line[1:-1])[0])  # type: ignore[attr-defined]  # as the standard library's own reader does

    def _tuple(self, n: int) -> None:
        items = tuple(self.stack[-n:])
        if len(items) < n or _MARK in items:
            raise ValueError("no items")
        self.stack[-n:] = [items]

    def _append(self, items: list[Any]) -> None:
        if not isinstance(self.stack[-1], list):
            raise _Refusal("appends to what is no list")
        self.stack[-1].extend(items)

    def _pairs(self, items: list[Any]) -> dict[str, Any]:
        names = [self._key(name) for name in items[::2]]
        return dict(zip(names, items[1::2], strict=True))

    def _set(self, items: list[Any]) -> None:
        if not isinstance(self.stack[-1], dict):
            raise _Refusal("sets an item of what is no dict")
        self.stack[-1].update(self._pairs(items))

    def _key(self, name: Any) -> str:
        # Only text: to find the place of nested tuples in a dict may take for ever.
        if isinstance(name, (bytes, memoryview)):
            return bytes(name).decode("latin-1")
        if not isinstance(name, str):
            raise _Refusal("has a dict whose keys are no texts")
        return name

    def _keep(self, place: int) -> None:
        self.memo[place] = self.stack[-1]

    def _stack_name(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise _Refusal("names something by what is no text")
        self.stack.append(self._name(module, name))

    def _name(self, module: str, name: str) -> _Name:
        if (module, name) not in _ALLOWED:
            raise _Refusal(f"names {module}.{name}"[:120])
        return _Name(_ALLOWED[module, name])

    def _call(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, _Name) or not isinstance(arguments, tuple):
            raise _Refusal("calls something that is no name")
        self.stack.append(self._made(function.name, arguments))

    def _made(self, name: str, arguments: tuple[Any, ...]) -> Any:
        if name == _RECONSTRUCT and arguments and arguments[0] == _Name(_ARRAY):
            return _Made(_ARRAY)
        if name == _DTYPE:
            return _Made(_DTYPE, _dtype(self._key(arguments[0])))
        if name == _ENCODE and isinstance(arguments[0], str) and self._key(arguments[1]) in ("latin1", "latin-1"):
            return arguments[0].encode("latin-1")
        if name == _LATIN and not arguments:
            return b""
        if name == _SCALAR and _is_type(arguments[0]):
            return np.frombuffer(arguments[1], arguments[0].value, 1)[0].item()
        if name == _FROM_BUFFER and _is_type(arguments[1]):
            return _Made(_ARRAY, self._array(arguments[2], arguments[1].value, arguments[0], fortran=self._key(arguments[3]) == "F"))
        raise _Refusal(f"calls {name} in a way that no array needs")

    def _build(self) -> None:
        state = self.stack.pop()
        made = self.stack[-1]
        if not isinstance(made, _Made) or not isinstance(state, tuple):
            raise _Refusal("fills in what is no array")
        if made.kind == _DTYPE:
            order = self._key(state[1])
            if order not in ("<", ">", "|", "="):
                raise ValueError("no order of bytes")
            made.value = made.value.newbyteorder(order) if order in "<>" else made.value
            return
        _, shape, dtype, fortran, content = state
        if not _is_type(dtype):
            raise _Refusal("has an array of what are no numbers")
        if isinstance(content, str):
            content = content.encode("latin-1")
        made.value = self._array(shape, dtype.value, content, fortran=bool(fortran))

    def _array(self, shape: Any, dtype: np.dtype[Any], content: Any, *, fortran: bool) -> Mapped:
        if not isinstance(content, (bytes, memoryview)):
            raise _Refusal("has an array of Python objects")
        sizes = tuple(int(size) for size in shape)
        count = 1
        for size in sizes:
            count *= size
        if min(sizes, default=1) < 0 or count * dtype.itemsize != len(content):
            raise ValueError("an array of another size than its values")
        release = releasing(self.memory) if isinstance(content, memoryview) else lambda: None
        return Mapped(np.frombuffer(content, dtype, count).reshape(sizes, order="F" if fortran else "C"), release)


def _is_type(value: Any) -> bool:
    return isinstance(value, _Made) and value.kind == _DTYPE


def _dtype(name: str) -> np.dtype[Any]:
    """Type of numbers; of anything else there are no arrays here."""
    if not 2 <= len(name) <= 4 or (name[-2] not in _NUMBERS and name[0] not in _NUMBERS):
        raise _Refusal(f"has an array of the type {name!r}"[:80])
    dtype = np.dtype(name)
    if dtype.kind not in _NUMBERS:
        raise _Refusal(f"has an array of the type {name!r}"[:80])
    return dtype
