"""Whether a process needs no more after hours than after minutes."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

#: How much more resident memory the last quarter of a run may need than the second one, where it went on for minutes.
#: What is allocated settles in that time, and what leaks a little at each request is a multiple after some millions.
GROWTH_MAX = 1.10
#: The same for a run of seconds, in which connections, caches and the journal still fill.
SHORT_GROWTH_MAX = 1.5
SHORT_SECONDS = 300


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
        quarter = max(len(samples) // 4, 1)
        self.seconds = samples[-1].seconds
        self.middle_mib = statistics.median(sample.memory_mib for sample in samples[quarter : 2 * quarter] or samples)
        self.last_mib = statistics.median(sample.memory_mib for sample in samples[-quarter:])
        self.files_before = files_before
        self.files_most = max(sample.file_count for sample in samples)
        self.files_after = files_after

    @property
    def growth_max(self) -> float:
        return SHORT_GROWTH_MAX if self.seconds < SHORT_SECONDS else GROWTH_MAX

    def check(self) -> None:
        """Raise where memory has grown, or files were left open."""
        assert self.last_mib / self.middle_mib <= self.growth_max, f"memory grows: {self}"
        assert self.files_after <= self.files_before, f"files stay open: {self}"

    def __str__(self) -> str:
        growth = self.last_mib / self.middle_mib
        return (
            f"resident: {self.middle_mib:.1f} MiB in the second quarter, {self.last_mib:.1f} MiB in the last "
            f"({growth:.3f}, at most {self.growth_max:g}); "
            f"open files: {self.files_before} before, {self.files_most} at most, {self.files_after} after"
        )
