"""That a daemon which grows, or keeps files open, does not pass."""

from __future__ import annotations

import pytest

from steadiness import SHORT_SECONDS, Sample, Steadiness


def course(seconds: float, first_mib: float, last_mib: float) -> list[Sample]:
    """A hundred samples, from one size to another one."""
    return [Sample(seconds * n / 99, first_mib + (last_mib - first_mib) * n / 99, 30) for n in range(100)]


def test_what_is_flat_holds():
    Steadiness(course(1800, 60, 62), 20, 20).check()
    # The first quarter does not count.
    Steadiness([Sample(0, 20, 20)] * 25 + course(1800, 60, 61), 20, 19).check()


def test_growth_is_found():
    with pytest.raises(AssertionError, match="memory grows"):
        Steadiness(course(1800, 60, 80), 20, 20).check()
    with pytest.raises(AssertionError, match="memory grows"):
        Steadiness(course(SHORT_SECONDS / 20, 60, 200), 20, 20).check()


def test_seconds_say_less_than_minutes():
    Steadiness(course(SHORT_SECONDS / 20, 60, 80), 20, 20).check()
    with pytest.raises(AssertionError, match="memory grows"):
        Steadiness(course(SHORT_SECONDS, 60, 80), 20, 20).check()


def test_files_that_stay_open_are_found():
    with pytest.raises(AssertionError, match=r"files stay open: .* 20 before, 30 at most, 21 after"):
        Steadiness(course(1800, 60, 60), 20, 21).check()
