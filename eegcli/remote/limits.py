"""Limits: time to wait, number of tries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Time-outs and number of tries with a server.

    Attributes
    ----------
    connect_seconds : float
        To open a connection.
    read_seconds : float
        Without a single byte.
    slow_seconds, slow_bytes : float, int
        A connection that brings fewer than `slow_bytes` in `slow_seconds` is given up for another.
    tries : int
        Failures in a row, without a byte between them, before a file is given up.
    restarts : int
        How often a file that arrives with a wrong checksum is fetched anew.
    pause_seconds : float
        Before the second try; doubled for each further one.
    longest_pause_seconds : float
        The most to wait, whatever Retry-After says.
    """

    connect_seconds: float = 15.0
    read_seconds: float = 30.0
    slow_seconds: float = 30.0
    slow_bytes: int = 30 * 1024
    tries: int = 7
    restarts: int = 1
    pause_seconds: float = 0.5
    longest_pause_seconds: float = 120.0

    def pause(self, failures: int, asked: float | None) -> float:
        """Seconds before the next try, after this many failures in a row."""
        own = self.pause_seconds * 2.0 ** (failures - 1)
        return min(max(own, asked or 0.0), self.longest_pause_seconds)
