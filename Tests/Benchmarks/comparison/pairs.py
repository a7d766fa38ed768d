"""Pairs of samples of one run, sessiond and its peer in turn, and the ratios of their figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Self, TypeVar

from spread import Spread

Ours = TypeVar("Ours")
Theirs = TypeVar("Theirs")


def pairs(count: int, ours: Callable[[], Ours], peer: Callable[[], Theirs]) -> list[tuple[Ours, Theirs]]:
    """Take so many pairs; every second one begins with the peer, so that a drift of the machine hits both alike."""
    taken = []
    for number in range(count):
        if number % 2 == 0:
            first = ours()
            taken.append((first, peer()))
        else:
            second = peer()
            taken.append((ours(), second))
    return taken


class Compared(NamedTuple):
    """A figure of sessiond and of its peer, and the ratios of the pairs: the noise is how far these are apart."""

    ours: Spread
    peer: Spread
    ratio: Spread

    @classmethod
    def of(cls, samples: list[tuple[float, float]]) -> Self:
        return cls(
            Spread.of([ours for ours, _ in samples]),
            Spread.of([peer for _, peer in samples]),
            Spread.of([ours / peer for ours, peer in samples]),
        )
