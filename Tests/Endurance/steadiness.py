"""Whether a process needs no more after hours than after minutes."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

#: How much more resident memory the second half of a run may need than the first one, once everything has come that
#: comes. What is allocated settles by then, and what leaks a little at each request is a multiple after some millions.
GROWTH_MAX = 1.05
#: After this nothing fills any more: ended sessions are remembered for ten minutes, and the journal is full before.
SETTLED_SECONDS = 900
#: In shorter runs memory still fills, so that only a coarse look is possible: by how much the last quarter may be over
#: the second one.
LONG_SECONDS = 1500
SHORT_GROWTH_MAX = 1.5


@dataclass(frozen=True)
class Sample:
    """What was seen of a process at one moment."""

    seconds: float
    memory_mib: float
    file_count: int

    def __str__(self) -> str:
        return f"{self.seconds:6.0f} s: {self.memory_mib:.1f} MiB, {self.file_count} open files"


class Steadiness:
    """The course of a run, and what is too much of it."""

    def __init__(self, samples: list[Sample], files_before: int, files_after: int) -> None:
        self.seconds = samples[-1].seconds
        if self.is_long:
            settled = [sample for sample in samples if sample.seconds >= SETTLED_SECONDS]
            earlier, later = settled[: len(settled) // 2], settled[len(settled) // 2 :]
        else:
            quarter = max(len(samples) // 4, 1)
            earlier, later = samples[quarter : 2 * quarter] or samples, samples[-quarter:]
        self.earlier_mib = statistics.median(sample.memory_mib for sample in earlier)
        self.later_mib = statistics.median(sample.memory_mib for sample in later)
        self.files_before = files_before
        self.files_most = max(sample.file_count for sample in samples)
        self.files_after = files_after

    @property
    def is_long(self) -> bool:
        return self.seconds >= LONG_SECONDS

    @property
    def growth(self) -> float:
        return self.later_mib / self.earlier_mib

    @property
    def growth_max(self) -> float:
        return GROWTH_MAX if self.is_long else SHORT_GROWTH_MAX

    def check(self) -> None:
        """Raise where memory has grown, or files were left open."""
        assert self.growth <= self.growth_max, f"memory grows: {self}"
        assert self.files_after <= self.files_before, f"files stay open: {self}"

    def __str__(self) -> str:
        when = f"half of the time after {SETTLED_SECONDS / 60:g} min" if self.is_long else "of the quarters looked at"
        return (
            f"resident: {self.earlier_mib:.1f} MiB in the first {when}, {self.later_mib:.1f} MiB in the last "
            f"({self.growth:.3f}, at most {self.growth_max:g}); "
            f"open files: {self.files_before} before, {self.files_most} at most, {self.files_after} after"
        )
