"""That a daemon which grows, or keeps files open, does not pass."""

from __future__ import annotations

import pytest

from steadiness import LONG_SECONDS, SETTLED_SECONDS, Sample, Steadiness

HALF_HOUR = 1800


def course(seconds: float, first_mib: float, last_mib: float) -> list[Sample]:
    """A hundred samples, from one size to another one."""
    return [Sample(seconds * n / 99, first_mib + (last_mib - first_mib) * n / 99, 30) for n in range(100)]


def test_what_is_flat_holds():
    Steadiness(course(HALF_HOUR, 60, 62), 20, 20).check()


def test_what_fills_at_the_beginning_does_not_count():
    filling = [Sample(SETTLED_SECONDS * n / 100, 20 + n / 3, 20) for n in range(100)]
    Steadiness([*filling, *(Sample(SETTLED_SECONDS + n * 9, 54, 20) for n in range(100))], 20, 19).check()


def test_growth_is_found():
    # A megabyte a minute.
    with pytest.raises(AssertionError, match=r"memory grows: .* after 15 min"):
        Steadiness(course(HALF_HOUR, 60, 90), 20, 20).check()
    with pytest.raises(AssertionError, match=r"memory grows: .* quarters"):
        Steadiness(course(15, 60, 200), 20, 20).check()


def test_seconds_say_less_than_half_an_hour():
    Steadiness(course(LONG_SECONDS - 1, 60, 80), 20, 20).check()
    with pytest.raises(AssertionError, match="memory grows"):
        Steadiness(course(LONG_SECONDS, 60, 80), 20, 20).check()


def test_files_that_stay_open_are_found():
    with pytest.raises(AssertionError, match=r"files stay open: .* 20 before, 30 at most, 21 after"):
        Steadiness(course(HALF_HOUR, 60, 60), 20, 21).check()
