"""The Redis user: what it lacks is named, and the line that is printed mends it."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

import sessiond
from checking import mend

ROOT = Path(__file__).resolve().parents[2]
#: What the line gives beside the name and the password, a word each.
PIECES = [
    "&__keyspace@0__:django_sessions:*",
    "&__redis__:invalidate",
    "%R~django_sessions:*",
    *(f"+{command}" for command in ("ping", "role", "scan", "getrange", "get", "pttl", "subscribe", "psubscribe")),
    *(f"+client|{word}" for word in ("id", "tracking", "trackinginfo")),
]
#: Without these sessiond works, and sees less.
WANTED = {"&__redis__:invalidate", "+role", "+subscribe", "+client|id", "+client|tracking", "+client|trackinginfo"}


def printed_line(site, redis, *options: str) -> list[str]:
    """Return the line for a user of its own, as words."""
    line = site.check(redis.url, *options).findings["access.wide"]["mend"][0]
    return shlex.split(line)


def as_user(redis, database: int = 0) -> str:
    return f"unix://sessiond:CHOOSE-A-PASSWORD@{redis.path}?db={database}"


def make_user(redis, words: list[str]) -> None:
    redis.command(*words[words.index("ACL") :])


def test_the_line_is_that_of_the_documentation(site, redis):
    words = printed_line(site, redis)
    words = [word.replace("CHOOSE-A-PASSWORD", "password") for word in words[words.index("ACL") :]]
    page = (ROOT / "Sources/Daemon/Documentation.docc/Django.md").read_text()
    line = next(line for line in page.splitlines() if line.startswith("ACL SETUSER sessiond"))
    assert words == line.split()
    assert [word for word in words[5:] if word not in ("resetchannels", "-@all")] == PIECES


def test_a_user_made_by_the_line_suffices_for_the_daemon(site, redis, serve):
    site.secrets.add("CHOOSE-A-PASSWORD@")
    (key,) = site.fill(redis, 1)
    line = site.check(redis.url).findings["access.wide"]["mend"][0]
    site.printed = ""
    mend(line)
    report = site.check(as_user(redis))
    assert report.status == 0
    assert report.errors == report.warnings == set()
    assert report.level("access.sufficient") == "ok"
    assert report.level("access.wide") is None
    # What it may not look at is said, and no more.
    assert {name for name in report.findings if name.endswith(".unknown")} == {
        *("notifications.unknown", "memory.unknown", "buffer.unknown", "clock.unknown")
    }
    serve(as_user(redis))
    with sessiond.Client(str(site.socket)) as client:
        assert client.identity(key).user_id == "1"
        assert client.status()["link"]["state"] == "live"
    assert site.check(as_user(redis)).level("socket.agrees") == "ok"


def test_a_user_for_another_database_and_pattern_suffices(site, redis, serve):
    options = ("--key-pattern", "shop's-[3]*:{session_key}")
    assert "+select" not in printed_line(site, redis, *options)
    database = f"unix://{redis.path}?db=3"
    line = site.check(database, *options).findings["access.wide"]["mend"][0]
    mend(line)
    report = site.check(as_user(redis, 3), *options)
    assert report.errors == report.warnings == set()
    assert report.level("access.sufficient") == "ok"
    serve(as_user(redis, 3), *options)


@pytest.mark.parametrize("piece", PIECES)
def test_one_piece_that_is_missing_is_found_and_mended(site, redis, piece):
    words = printed_line(site, redis)
    make_user(redis, [word for word in words if word != piece])
    report = site.check(as_user(redis))
    name, level, other = (
        ("access.limited", "warning", "access.missing")
        if piece in WANTED
        else ("access.missing", "error", "access.limited")
    )
    finding = report.findings[name]
    assert finding["level"] == level
    assert other not in report.findings
    assert finding["what"] == f"the Redis user sessiond lacks {piece}"
    assert report.status == (1 if level == "error" else 0)
    mend(finding["mend"][0])
    mended = site.check(as_user(redis))
    assert mended.level("access.sufficient") == "ok"
    assert mended.errors == mended.warnings == set()


def test_a_user_with_nothing_is_mended_step_by_step(site, redis, serve):
    redis.command("ACL", "SETUSER", "sessiond", "on", ">CHOOSE-A-PASSWORD")
    for _ in range(2):
        report = site.check(as_user(redis))
        assert report.level("access.missing") == "error"
        mend(report.findings["access.missing"]["mend"][0])
    report = site.check(as_user(redis))
    assert report.level("access.sufficient") == "ok"
    serve(as_user(redis))


def test_a_user_who_may_not_select(site, redis):
    words = printed_line(site, redis)
    make_user(redis, words)
    report = site.check(as_user(redis, 2))
    assert report.status == 2
    mend(report.findings["redis.refuses"]["mend"][0])
    assert site.check(as_user(redis, 2)).level("redis.reachable") == "ok"


def test_for_a_user_who_may_read_other_keys_another_one_is_proposed(site, redis):
    """Django may use it, too: nothing is taken from it."""
    line = printed_line(site, redis)
    shared = [word if word != "sessiond" else "django" for word in line]
    make_user(redis, [*shared, "~other:*", "~sessiond-check:*"])
    url = as_user(redis).replace("sessiond:", "django:")
    finding = site.check(url).findings["access.wide"]
    assert finding["level"] == "note"
    assert shlex.split(finding["mend"][0]) == line
    mend(finding["mend"][0])
    report = site.check(as_user(redis))
    assert report.level("access.wide") is None
    assert report.level("access.sufficient") == "ok"
    assert site.check(url).level("access.sufficient") == "ok"


def test_whether_sessions_may_be_deleted(site, redis, serve):
    assert site.check(redis.url).level("access.revoke") == "ok"
    make_user(redis, printed_line(site, redis))
    redis.command("ACL", "SETUSER", "sessiond", "+acl|dryrun")
    finding = site.check(as_user(redis)).findings["access.revoke"]
    assert finding["level"] == "note"
    assert "may not delete" in finding["what"]
    mend(finding["mend"][0])
    assert site.check(as_user(redis)).level("access.revoke") == "ok"
    (key,) = site.fill(redis, 1)
    serve(as_user(redis))
    with sessiond.Client(str(site.socket)) as client:
        assert client.revoke(key) == 1
