"""Numbers that were measured several times: their middle, how far they are apart, and their percentiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple


class Spread(NamedTuple):
    median: float
    least: float
    most: float

    @classmethod
    def of(cls, numbers: list[float]) -> Spread:
        return cls(median(numbers), min(numbers), max(numbers))

    def text(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.most:.2f})"


def percentile(numbers: Sequence[float], percent: float) -> float:
    """Return the nearest rank: the least number that so many percent do not exceed."""
    return sorted(numbers)[max(0, math.ceil(len(numbers) * percent / 100) - 1)]


def worth(number: float) -> str:
    """Return a number as precisely as it is worth."""
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"
