"""Process as it was: what somebody else's code sets for all of it when it is run (folder, output, torch's defaults) reaches nothing else."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

_STDOUT, _STDERR = 1, 2


@contextlib.contextmanager
def untouched() -> Iterator[None]:
    """Run code apart: the folder, and torch's type of numbers, device, threads and gradients, are put back as they were.

    What it writes to standard output, a shell or a library of C that it calls included, goes to standard error: it is no output of a command.
    """
    import torch

    dtype, device, threads, gradients = (
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.get_num_threads(),
        torch.is_grad_enabled(),
    )
    try:
        with _folder_kept(), _output_aside():
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(gradients)
        # Each is set again only where it was changed: setting it costs a context, or the pool of threads.
        if torch.get_default_device() != device:
            torch.set_default_device(None if device.type == "cpu" else device)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)


@contextlib.contextmanager
def _folder_kept() -> Iterator[None]:
    """Go back to the present folder, from which relative paths are read."""
    try:
        folder = Path.cwd()
    except FileNotFoundError:  # it was removed: there is nothing to go back to
        yield
        return
    try:
        yield
    finally:
        os.chdir(folder)


@contextlib.contextmanager
def _output_aside() -> Iterator[None]:
    """Send what is written to standard output to standard error, below Python, too."""
    try:
        kept = os.dup(_STDOUT)
        os.fstat(_STDERR)
    except OSError:  # one of them is closed
        yield
        return
    if sys.stdout is not None:
        sys.stdout.flush()
    os.dup2(_STDERR, _STDOUT)
    try:
        yield
    finally:
        os.dup2(kept, _STDOUT)
        os.close(kept)
