"""Invented session keys cannot load Redis, and whoever has just logged in is not sent away for them."""

from __future__ import annotations

import pytest

from clients import Line, OtherUser, may_become_others
from conftest import SECRET_KEY
from processes import wait_for
from stored import logged_in, session_value

UNKNOWN = {"authenticated": False, "reason": "unknown"}


def identity(line: Line, key: str):
    return line.call("session.identity", session_key=key)


def spend(line: Line) -> int:
    """Ask for invented keys until that is refused, and return how many were asked for."""
    for number in range(1_000_000):
        answer = identity(line, f"invented{number}")
        if "error" in answer:
            assert answer["error"]["code"] == -32004
            assert answer["error"]["data"]["retry_after_ms"] == 1000
            return number
        assert answer["result"] == UNKNOWN
    raise AssertionError("nobody was refused")


def test_beyond_the_rate_lookups_that_miss_are_overloaded_and_hits_are_not(serve, redis):
    # So slow that nothing comes back while the test runs, but for a token a second.
    daemon = serve("--max-misses-per-uid", "1")
    redis.command("SETEX", "django_sessions:known", 600, session_value(SECRET_KEY, logged_in(42)))
    with Line(daemon.path) as line:
        wait_for(lambda: line.status()["sessions"]["authenticated"] == 1, "the login")
        spend(line)
        before = line.status()["cache"]
        refused = sum("error" in identity(line, f"other{number}") for number in range(5000))
        after = line.status()["cache"]
        assert after["misses_refused"] - before["misses_refused"] == refused > 0
        # The daemon also reads for reasons of its own, now and then.
        assert after["fetches"] - before["fetches"] <= 5000 - refused + 500, "what is refused costs Redis nothing"
        for _ in range(100):
            assert identity(line, "known")["result"]["user_id"] == "42"
            # This asks Redis each time, but about a key that is known.
            confirmed = line.call("session.identity", session_key="known", confirm=True)
            assert confirmed["result"]["user_id"] == "42"


def test_whoever_logs_in_meanwhile_is_overloaded_or_let_in_and_never_unknown(serve, redis):
    daemon = serve("--max-misses-per-uid", "1")
    with Line(daemon.path) as line:
        for user in range(1, 101):
            spend(line)
            redis.command("SETEX", f"django_sessions:new{user}", 600, session_value(SECRET_KEY, logged_in(user)))
            while "error" in (answer := identity(line, f"new{user}")):
                assert answer["error"]["message"] == "overloaded"
            assert answer["result"]["user_id"] == str(user)


@pytest.mark.skipif(not may_become_others(), reason="needs to become other users")
def test_one_user_spends_nothing_of_the_others(serve):
    daemon = serve("--max-misses-per-uid", "1")
    with Line(daemon.path) as own, OtherUser(4001, daemon.path) as other:
        spend(own)
        other.do("connect")
        assert other.do("ask", "invented")["result"] == UNKNOWN
        answers = [other.do("ask", f"more{number}") for number in range(100)]
        assert any("error" in answer for answer in answers)
