"""Keys and values: where they are, whether they verify, who wrote them, whether they end."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import pickle
import socket

import pytest

from checking import OLD_KEY, SECRET_KEY, mend, session_key
from stored import logged_in, session_value


def legacy_value(secret_key: str, data: dict, serialized: bytes | None = None) -> str:
    """Sign as Django up to 3.0 did."""
    payload = serialized or json.dumps(data).encode()
    key = hashlib.sha1(b"django.contrib.sessionsSessionStore" + secret_key.encode()).digest()
    return base64.b64encode(hmac.new(key, payload, "sha1").hexdigest().encode() + b":" + payload).decode()


def test_sessions_that_verify(site, redis):
    site.fill(redis, 7)
    redis.command("SETEX", f"django_sessions:{session_key()}", 600, session_value(SECRET_KEY, {"basket": 1}))
    report = site.check(redis.url)
    assert report.status == 0
    assert report.findings["keys.found"]["what"] == "8 keys under django_sessions:{session_key} (all of them)"
    told = report.findings["values.verified"]["what"]
    assert told == "8 of 8 values verify: 8 with SECRET_KEY; 7 logged in, 1 anonymous"
    assert "8 by Django 3.1 or later (signing, json)" in report.findings["values.written"]["what"]
    assert report.level("expiry.set") == "ok"


# Keys


def test_a_wrong_key_is_told_as_such(site, redis):
    site.fill(redis, 12)
    site.keys("not the one", "nor this one")
    report = site.check(redis.url)
    assert report.status == 1
    assert report.errors == {"values.wrong-key"}
    assert report.findings["values.wrong-key"]["what"].startswith("0 of 12 values fit any of your 2 keys: ")


def test_fallbacks_are_counted(site, redis):
    site.fill(redis, 4)
    site.fill(redis, 3, key=OLD_KEY)
    assert site.check(redis.url).level("values.old-key") == "warning"
    site.keys(SECRET_KEY, OLD_KEY)
    both = site.check(redis.url)
    assert "4 with SECRET_KEY, 3 with fallback 1" in both.findings["values.verified"]["what"]
    assert both.level("values.fallback") is None
    site.keys(SECRET_KEY, OLD_KEY, "one that nobody needs any more")
    unused = site.check(redis.url).findings["values.fallback"]
    assert unused["what"] == "no value of these is signed with fallback 2"


def test_keys_in_a_wrong_order_are_noticed(site, redis):
    site.fill(redis, 3)
    site.keys(OLD_KEY, SECRET_KEY)
    assert "first line of the key file" in site.check(redis.url).findings["values.fallback"]["what"]


def test_no_key_at_all_is_an_error_and_the_rest_is_examined(site, redis):
    site.fill(redis, 3)
    report = site.check(redis.url, key=False)
    assert report.status == 1
    assert report.errors == {"configuration.without-key"}
    assert report.level("values.unverified") == "warning"
    assert report.level("role.master") == "ok"


# Where they are


def test_the_readme_of_the_fork(site, redis):
    site.fill(redis, 6, prefix="")
    redis.command("SET", "something:else", 1)
    report = site.check(redis.url)
    assert report.status == 1
    finding = report.findings["keys.elsewhere"]
    assert "6 keys under {session_key} with sessions that verify" in finding["what"]
    assert "SESSION_REDIS_PREFIX is None" in finding["why"]
    assert finding["mend"] == ["--key-pattern '{session_key}'"]
    followed = site.check(redis.url, "--key-pattern", "{session_key}")
    assert followed.errors == set()


def test_another_prefix_is_named(site, redis):
    site.fill(redis, 3, prefix="shop:session:")
    finding = site.check(redis.url).findings["keys.elsewhere"]
    assert finding["mend"] == ["--key-pattern 'shop:session:{session_key}'"]


def test_sessions_under_another_prefix_and_another_key(site, redis):
    site.fill(redis, 3, prefix="session:", key="a key that is not here")
    finding = site.check(redis.url).findings["keys.elsewhere"]
    assert "signed sessions, which fit no key here" in finding["what"]


def test_a_prefix_twice_is_noticed(site, redis):
    site.fill(redis, 3, prefix="django_sessions:django_sessions:")
    report = site.check(redis.url)
    assert report.errors == {"keys.inner-prefix"}
    (option,) = report.findings["keys.inner-prefix"]["mend"]
    assert option == "--key-pattern 'django_sessions:django_sessions:{session_key}'"
    assert site.check(redis.url, "--key-pattern", "django_sessions:django_sessions:{session_key}").errors == set()


@pytest.mark.parametrize("engine", ["cache", "cached_db"])
def test_sessions_of_a_cache_are_recognised(site, redis, engine):
    prefix = f":1:django.contrib.sessions.{engine}"
    for number in range(4):
        key = session_key()
        site.secrets.add(key)
        redis.command("SETEX", prefix + key, 600, pickle.dumps(logged_in(number), protocol=5))
    for number in range(6):
        # What else is in a cache.
        redis.command("SETEX", f":1:page.{number:032}", 600, pickle.dumps(["a page"], protocol=5))
    finding = site.check(redis.url).findings["keys.elsewhere"]
    assert "4 keys" in finding["what"]
    assert finding["mend"] == [f"--key-pattern '{prefix}{{session_key}}' --encoding cache"]
    cached = ("--key-pattern", prefix + "{session_key}", "--encoding", "cache")
    report = site.check(redis.url, *cached)
    assert report.errors == set()
    assert report.level("values.unverified") == "note"
    wrong = site.check(redis.url, *cached[:2])
    assert wrong.errors == {"values.encoding"}
    assert wrong.findings["values.encoding"]["mend"] == ["--encoding cache"]


def test_signed_sessions_where_a_cache_is_expected(site, redis):
    site.fill(redis, 3)
    report = site.check(redis.url, "--encoding", "cache")
    assert report.findings["values.encoding"]["mend"] == ["--encoding signed, with --secret-key-file"]


def test_another_database_is_named(site, redis):
    site.fill(redis, 2)
    for key in (b"one", b"two"):
        redis.command("SET", b"unrelated:" + key, "1")
    report = site.check(f"unix://{redis.path}?db=5")
    assert report.findings["keys.database"]["mend"] == [f"--redis-url 'unix://{redis.path}?db=0'"]


def test_no_session_anywhere_is_a_note(site, redis):
    for number in range(50):
        redis.command("SET", f"cache:page:{number}", "<html>")
    redis.command("SET", f"celery-task-meta-{'a' * 8}:{'b' * 32}", "{}")
    report = site.check(redis.url)
    assert report.status == 0
    assert "none in this database looks like a session (of 51 keys)" in report.findings["keys.none"]["what"]


def test_what_may_be_a_credential_is_no_prefix(site, redis):
    token = "t0ken" * 7
    site.secrets.add(token)
    for _ in range(3):
        redis.command("SET", f"{token}:{session_key()}", session_value(SECRET_KEY, logged_in(1)))
    assert site.check(redis.url).level("keys.elsewhere") is None


def test_only_a_sample_is_read(site, redis):
    site.fill(redis, 260)
    report = site.check(redis.url)
    assert report.findings["keys.found"]["what"].startswith("200 keys under django_sessions:{session_key} (a sample")
    assert "200 of 200 values verify" in report.findings["values.verified"]["what"]


# What they are


def test_who_wrote_them(site, redis):
    old = legacy_value(SECRET_KEY, logged_in(1))
    pickled = legacy_value(SECRET_KEY, {}, pickle.dumps({"_auth_user_id": 1}, protocol=2))
    for value in (old, pickled, pickled):
        redis.command("SETEX", f"django_sessions:{session_key()}", 600, value)
    report = site.check(redis.url)
    told = report.findings["values.written"]["what"]
    assert "1 by Django 1.5 to 3.0" in told
    assert "2 by Django up to 3.0" in told
    assert report.findings["values.pickled"]["what"] == "2 signed values are pickles"
    site.fill(redis, 1)
    both = site.check(redis.url).findings["values.written"]
    assert both["level"] == "note"
    assert both["what"].startswith("two generations of Django wrote here: ")
    assert site.check(redis.url, "--django", "5.2").level("values.unreadable") == "warning"


def test_what_is_no_session_is_warned_of(site, redis):
    site.fill(redis, 3)
    redis.command("HSET", "django_sessions:hash", "field", "value")
    redis.command("SETEX", "django_sessions:text", 600, "some text")
    redis.command("SETEX", b"django_sessions:\xff", 600, "a name that is no text")
    report = site.check(redis.url)
    assert "2 keys under" in report.findings["keys.foreign"]["what"]
    assert "1 of 4 values cannot be decoded" in report.findings["values.unreadable"]["what"]


# Their end


def test_sessions_that_never_expire_are_found_and_mended(site, redis):
    keys = site.fill(redis, 3)
    lasting = site.fill(redis, 2, seconds=None)
    finding = site.check(redis.url).findings["expiry.missing"]
    assert finding["level"] == "warning"
    assert finding["what"] == "2 of 5 sessions never expire"
    mend(finding["mend"][0])
    assert site.check(redis.url).level("expiry.set") == "ok"
    assert all(int(redis.command("TTL", f"django_sessions:{key}")) > 1_000_000 for key in lasting)
    assert all(int(redis.command("TTL", f"django_sessions:{key}")) <= 600 for key in keys)


# Nothing is written


def test_nothing_is_written(site, server):
    redis = server()
    for prefix in ("django_sessions:", "elsewhere:", ""):
        site.fill(redis, 5, prefix=prefix)
    site.fill(redis, 2, seconds=None)
    redis.command("SELECT", 0)
    before = redis.command("DEBUG", "DIGEST") if debugging(redis) else b""
    changes = changes_of(redis)
    with monitored(redis) as commands:
        site.check(redis.url)
        site.check(redis.url, "--key-pattern", "nothing:{session_key}")
        site.check(f"unix://{redis.path}?db=1")
        site.check(redis.url, "--no-configure-redis", "--invalidation", "keyspace")
    assert changes_of(redis) == changes
    assert (redis.command("DEBUG", "DIGEST") if debugging(redis) else b"") == before
    seen = commands()
    assert {"SCAN", "GETRANGE", "PTTL", "PSUBSCRIBE"} <= seen
    assert seen <= {
        *("PING", "INFO", "ROLE", "SCAN", "GETRANGE", "GET", "PTTL", "TIME", "SELECT", "SUBSCRIBE", "PSUBSCRIBE"),
        *("CLIENT SETNAME", "CLIENT ID", "CLIENT TRACKING", "CLIENT TRACKINGINFO", "CONFIG GET", "ACL DRYRUN"),
    }


def debugging(redis) -> bool:
    try:
        redis.command("DEBUG", "DIGEST")
    except AssertionError:
        return False
    return True


def changes_of(redis) -> bytes:
    info = redis.command("INFO", "persistence")
    return next(line for line in info.splitlines() if line.startswith(b"rdb_changes_since_last_save"))


class monitored:
    """Watch what others send to a Redis."""

    def __init__(self, redis) -> None:
        self._redis = redis
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.settimeout(30)

    def __enter__(self):
        self._connection.connect(str(self._redis.path))
        self._connection.sendall(b"MONITOR\r\n")
        self._lines = self._connection.makefile("rb")
        assert self._lines.readline() == b"+OK\r\n"
        return self.commands

    def __exit__(self, *_: object) -> None:
        self._redis.command("ECHO", "the end of what is watched")

    def commands(self) -> set[str]:
        seen = set()
        for line in self._lines:
            words = line.decode(errors="replace").split('"')[1::2]
            if words[0].upper() == "ECHO":
                break
            length = 2 if words[0].upper() in ("CLIENT", "CONFIG", "ACL") else 1
            name = " ".join(words[:length]).upper()
            # This test's own, before and after.
            if name != "DEBUG" or words[1].upper() != "DIGEST":
                seen.add(name)
        self._lines.close()
        self._connection.close()
        return seen
